import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProcessIdentity } from "../kernel/processes.ts";
import { textOf } from "../utf8.ts";

/** What runc keeps of a container, in its state.json (runc, libcontainer/container.go, State). */
export type RuntimeState = Readonly<Record<string, unknown>>;

/** A mount is 200 bytes and its paths, and a client's message of 16 MB names as many as it likes. */
const STATE_BYTES_MAX = 16 * 1024 * 1024;

/** What the runtime recorded of a container; undefined when there is no such record, or it is none of runc's. */
export async function readRuntimeState(
  kernel: Kernel,
  stateFile: string,
): Promise<RuntimeState | undefined> {
  try {
    const content = await kernel.files.readFile(stateFile, STATE_BYTES_MAX);
    return objectIn(JSON.parse(textOf(content)));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (hasErrno(error, "ENOENT", "ENOTDIR", "EFBIG")) return undefined;
    throw error;
  }
}

/** The init that the runtime created; undefined when the record names none. */
export function initOf(state: RuntimeState | undefined): ProcessIdentity | undefined {
  const { init_process_pid: pid, init_process_start: startTime } = state ?? {};
  if (!Number.isSafeInteger(pid) || !Number.isSafeInteger(startTime)) return undefined;
  return { pid: pid as number, startTime: startTime as number };
}

/**
 * Whether all that `runc delete` would do for a container without processes is to remove `cgroup` and the
 * folder of its state (runc, libcontainer/state_linux.go, destroy): its cgroups are that one in every
 * hierarchy, it has no group of Intel RDT, and no hook wants to be run after it. Whatever looks otherwise,
 * or like another runtime's record, is for the runtime to delete.
 */
export function isOnlyFiles(state: RuntimeState, cgroup: string): boolean {
  const { cgroup_paths: paths, intel_rdt_path: rdt, config } = state;
  const groups = Object.values(objectIn(paths) ?? {});
  const hooks = objectIn(objectIn(config)?.Hooks);
  return groups.length > 0 &&
    groups.every((it) => typeof it === "string" && it.endsWith(cgroup)) &&
    rdt === "" && hooks !== undefined && isNothing(hooks.poststop);
}

function isNothing(hooks: unknown): boolean {
  return hooks === null || hooks === undefined || (Array.isArray(hooks) && hooks.length === 0);
}

function objectIn(value: unknown): RuntimeState | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as RuntimeState
    : undefined;
}
