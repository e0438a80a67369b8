import type {
  OciDevice,
  OciDeviceRule,
  OciHookName,
  OciHooks,
  OciMount,
  OciSpec,
} from "../oci/runtime_spec.ts";
import { cleanPath, parentsFirst } from "../oci/spec_mounts.ts";
import type { ContainerEdits, EditHook, EditMount } from "./container_edits.ts";
import type { EditDevice } from "./host_nodes.ts";

/** Edits with what the host had to say to them. */
export interface HostEdits
  extends Pick<ContainerEdits, "env" | "mounts" | "hooks" | "additionalGids" | "intelRdt"> {
  readonly devices: readonly EditDevice[];
}

/** Changes nothing. */
export const NO_HOST_EDITS: HostEdits = {
  env: [],
  devices: [],
  mounts: [],
  hooks: [],
  additionalGids: [],
  intelRdt: undefined,
};

/**
 * A container's spec as its CDI devices want it, in which they have the last word: a variable, device or mount
 * takes the place of one by the same name or at the same place (container-device-interface,
 * pkg/cdi/container-edits.go). Groups are no matter of the spec alone and come with the user.
 */
export function withEdits(spec: OciSpec, edits: HostEdits): OciSpec {
  if (edits === NO_HOST_EDITS) return spec;
  const hooks = hooksOf(edits.hooks);
  const { intelRdt } = edits;
  return {
    ...spec,
    process: { ...spec.process, env: withVariables(spec.process.env, edits.env) },
    mounts: withMounts(spec.mounts, edits.mounts),
    ...(edits.hooks.length === 0 ? {} : { hooks }),
    linux: {
      ...spec.linux,
      devices: withDevices(spec, edits.devices),
      resources: {
        ...spec.linux.resources,
        devices: [...spec.linux.resources.devices, ...edits.devices.flatMap(deviceRules)],
      },
      ...(intelRdt === undefined ? {} : { intelRdt }),
    },
  };
}

function withVariables(env: readonly string[], more: readonly string[]): readonly string[] {
  const nameOf = (it: string) => it.slice(0, it.indexOf("="));
  const variables = new Map([...env, ...more].map((it) => [nameOf(it), it]));
  return [...variables.values()];
}

/** Who is left without an owner belongs to the container's user, so that the one who asked for it can open it. */
function withDevices(
  { process: { user }, linux }: OciSpec,
  more: readonly EditDevice[],
): readonly OciDevice[] {
  const devices = new Map(linux.devices.map((it) => [it.path, it]));
  for (const { permissions: _, ...device } of more) {
    const owner = { uid: device.uid ?? user.uid, gid: device.gid ?? user.gid };
    devices.set(device.path, { ...device, ...owner });
  }
  return [...devices.values()];
}

/** Fifos are not asked for, and a device without permissions may be there and not be opened. */
function deviceRules(device: EditDevice): readonly OciDeviceRule[] {
  const { type, major, minor, permissions } = device;
  if (type === "p" || permissions === "") return [];
  return [{ allow: true, type, major, minor, access: permissions }];
}

function withMounts(
  mounts: readonly OciMount[],
  more: readonly EditMount[],
): readonly OciMount[] {
  if (more.length === 0) return mounts;
  const places = new Map(mounts.map((it) => [it.destination, it]));
  for (const mount of more) {
    const made = ociMount(mount);
    // Among those of its depth it comes last.
    places.delete(made.destination);
    places.set(made.destination, made);
  }
  return parentsFirst([...places.values()], (it) => it.destination);
}

function ociMount({ hostPath, containerPath, type, options }: EditMount): OciMount {
  const destination = cleanPath(containerPath);
  const isImplied = type === "" && !options.some((it) => BINDS.includes(it));
  return {
    destination,
    type: type === "" ? "bind" : type,
    source: hostPath,
    options: isImplied ? ["bind", ...options] : options,
  };
}

const BINDS: readonly string[] = ["bind", "rbind"];

/** Whether it shows a path of the host: what has neither a type nor an option that says so can be nothing else. */
export function isBindMount({ type, options }: EditMount): boolean {
  return type === "" || options.some((it) => BINDS.includes(it));
}

function hooksOf(hooks: readonly EditHook[]): OciHooks {
  const byName: Partial<Record<OciHookName, EditHook["hook"][]>> = {};
  for (const { name, hook } of hooks) (byName[name] ??= []).push(hook);
  return byName;
}
