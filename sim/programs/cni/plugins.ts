import {
  openNamespace,
  type Plugin,
  type PluginCall,
  PluginError,
  pluginProgram,
  removeInterface,
} from "./cni.ts";
import type { Program, Sys } from "../program.ts";
import { allocate, release } from "./host_local.ts";

const OTHER_ERROR = 999;

/** A pair of interfaces, and an address from IPAM (plugins, main/bridge and main/ptp). */
const veth: Plugin = {
  async add(sys, call) {
    const { netns, interfaceName, configuration } = call;
    await openNamespace(sys, netns);
    // A second ADD of the same finds the interface and gives up before it takes an address.
    const isTaken = await sys.network(netns, (network) => network.has(interfaceName));
    if (isTaken) {
      throw new PluginError(
        OTHER_ERROR,
        `container veth name provided (${interfaceName}) already exists`,
      );
    }
    await sys.network(netns, (network) => network.add(interfaceName, []));
    const { address, gateway } = await allocate(sys, call);
    await sys.network(netns, (network) => network.add(interfaceName, [address]));
    return {
      cniVersion: configuration.cniVersion,
      interfaces: [
        ...(configuration.bridge === undefined ? [] : [{ name: configuration.bridge }]),
        { name: interfaceName, sandbox: netns },
      ],
      ips: [{ address, gateway, interface: configuration.bridge === undefined ? 0 : 1 }],
      routes: configuration.ipam?.routes ?? [],
      dns: {},
    };
  },

  async delete(sys, call) {
    await release(sys, call);
    await removeInterface(sys, call.netns, call.interfaceName);
  },

  async check(sys, call) {
    await openNamespace(sys, call.netns);
    const isThere = await sys.network(call.netns, (network) => network.has(call.interfaceName));
    if (!isThere) throw new PluginError(OTHER_ERROR, `${call.interfaceName} is missing`);
  },
};

/** Sets lo up (plugins, main/loopback). */
const loopbackPlugin: Plugin = {
  async add(sys, call) {
    await openNamespace(sys, call.netns);
    await sys.network(call.netns, (network) => network.setUp("lo"));
    return {
      cniVersion: call.configuration.cniVersion,
      interfaces: [{ name: "lo", mac: "00:00:00:00:00:00", sandbox: call.netns }],
      ips: [{ interface: 0, address: "127.0.0.1/8" }],
      dns: {},
    };
  },

  delete: () => Promise.resolve(),
};

/** Passes on what it was given, and publishes ports for it (plugins, meta/portmap). */
const portmapPlugin: Plugin = {
  add: (_, { configuration }) =>
    Promise.resolve(configuration.prevResult ?? { cniVersion: configuration.cniVersion }),
  delete: () => Promise.resolve(),
};

/** Addresses alone (plugins, ipam/host-local), for those who call it themselves. */
const hostLocalPlugin: Plugin = {
  async add(sys: Sys, call: PluginCall) {
    const { address, gateway } = await allocate(sys, call);
    return { cniVersion: call.configuration.cniVersion, ips: [{ address, gateway }], dns: {} };
  },
  delete: release,
};

/** The plugins by name. */
export const cniPlugins: Readonly<Record<string, Program>> = {
  bridge: pluginProgram(veth),
  ptp: pluginProgram(veth),
  loopback: pluginProgram(loopbackPlugin),
  portmap: pluginProgram(portmapPlugin),
  "host-local": pluginProgram(hostLocalPlugin),
};

/**
 * Those that make interfaces, as some are: DEL gives everything back, and fails all the same where the
 * namespace is gone (https://github.com/containerd/containerd/issues/8303).
 */
export const strictCniPlugins: Readonly<Record<string, Program>> = {
  bridge: pluginProgram(strict(veth)),
  ptp: pluginProgram(strict(veth)),
};

function strict(plugin: Plugin): Plugin {
  return {
    ...plugin,
    async delete(sys, call) {
      await plugin.delete(sys, call);
      await openNamespace(sys, call.netns);
    },
  };
}
