import { hasErrno } from "../../../src/kernel/errno.ts";
import type { Sys } from "../program.ts";
import { type PluginCall, PluginError } from "./cni.ts";

const OTHER_ERROR = 999;
const FIRST_HOST = 2;
const LAST_HOST = 254;

/** An address with its prefix length, and the gateway. */
export interface Address {
  readonly address: string;
  readonly gateway: string;
}

/**
 * Takes a free address: a file named by it says who has it (plugins, ipam/host-local). An allocation
 * outlives its namespace until somebody deletes it.
 */
export function allocate(sys: Sys, call: PluginCall): Promise<Address> {
  return alone(sys, call, () => take(sys, call));
}

/** Gives back every address of a container's interface; none is fine. */
export function release(sys: Sys, call: PluginCall): Promise<void> {
  return alone(sys, call, () => giveBack(sys, call));
}

/** One plugin at a time looks at the files of a network and changes them (backend/disk, FileLock). */
async function alone<T>(sys: Sys, call: PluginCall, work: () => Promise<T>): Promise<T> {
  const folder = folderOf(call);
  await sys.mkdirs(folder);
  const lock = await sys.open(`${folder}/lock`, "read", { createMode: 0o600 });
  await sys.flock(lock);
  try {
    return await work();
  } finally {
    await sys.close(lock);
  }
}

async function take(sys: Sys, call: PluginCall): Promise<Address> {
  const folder = folderOf(call);
  const prefix = prefixOf(call);
  const owner = ownerOf(call);
  for (const name of await sys.list(folder)) {
    if (!isAddress(name)) continue;
    if (await sys.readFile(`${folder}/${name}`) === owner) {
      throw new PluginError(
        OTHER_ERROR,
        `failed to allocate for range 0: ${name} has been allocated to ${call.containerId}, ` +
          "duplicate allocation is not allowed",
      );
    }
  }
  const lastFile = `${folder}/last_reserved_ip.0`;
  const last = await sys.readFile(lastFile).catch((error: unknown) => {
    if (hasErrno(error, "ENOENT")) return `${prefix}.${FIRST_HOST - 1}`;
    throw error;
  });
  const count = LAST_HOST - FIRST_HOST + 1;
  const start = Number(last.split(".")[3] ?? 1) + 1 - FIRST_HOST;
  for (let i = 0; i < count; i++) {
    const address = `${prefix}.${FIRST_HOST + (start + i) % count}`;
    try {
      await sys.createFile(`${folder}/${address}`, owner);
    } catch (error) {
      if (!hasErrno(error, "EEXIST")) throw error;
      continue;
    }
    await sys.writeFile(lastFile, address);
    return { address: `${address}/24`, gateway: `${prefix}.1` };
  }
  throw new PluginError(OTHER_ERROR, `no IP addresses available in range set: ${prefix}.0/24`);
}

async function giveBack(sys: Sys, call: PluginCall): Promise<void> {
  const folder = folderOf(call);
  const owner = ownerOf(call);
  for (const name of await sys.list(folder)) {
    if (!isAddress(name)) continue;
    const path = `${folder}/${name}`;
    if (await sys.readFile(path) === owner) await sys.unlink(path);
  }
}

function folderOf({ configuration }: PluginCall): string {
  return `${configuration.ipam?.dataDir ?? "/var/lib/cni/networks"}/${configuration.name}`;
}

function prefixOf({ configuration }: PluginCall): string {
  const subnet = configuration.ipam?.ranges?.[0]?.[0]?.subnet ?? configuration.ipam?.subnet ??
    "10.88.0.0/24";
  return subnet.split(".").slice(0, 3).join(".");
}

function ownerOf(call: PluginCall): string {
  return `${call.containerId}\r\n${call.interfaceName}`;
}

function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name);
}
