import { hasErrno } from "../../../src/kernel/errno.ts";
import type { Sys } from "../program.ts";
import type { Limits } from "./limits.ts";

/** The parts of a bundle's config.json that the simulated runtime heeds (OCI runtime-spec, config.md). */
export interface Spec {
  readonly root?: { readonly path?: string };
  readonly hostname?: string;
  readonly process: SpecProcess;
  readonly mounts?: readonly {
    readonly destination: string;
    readonly type?: string;
    readonly source?: string;
    readonly options?: readonly string[];
  }[];
  readonly hooks?: Readonly<Record<string, readonly { readonly path: string }[]>>;
  readonly linux?: {
    readonly cgroupsPath?: string;
    readonly resources?: Limits;
    readonly namespaces?: readonly { readonly type: string; readonly path?: string }[];
  };
}

/** The process of a specification. */
export interface SpecProcess {
  readonly args: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly terminal?: boolean;
}

/** What state.json holds, by the names that runc gives it (runc, libcontainer/container.go). */
export interface State {
  readonly id: string;
  readonly init_process_pid: number;
  readonly init_process_start: number;
  readonly created: string;
  readonly cgroup_paths: Readonly<Record<string, string>>;
  readonly namespace_paths: Readonly<Record<string, string>>;
  readonly intel_rdt_path: string;
  readonly config: {
    readonly rootfs: string;
    readonly Hooks: { readonly poststop: readonly { readonly path: string }[] | null };
    readonly labels: readonly string[];
    readonly cgroups: { readonly Resources: Limits };
    readonly namespaces: readonly { readonly type: string; readonly path: string }[];
  };
}

/** As `runc state` names them; `creating` and `paused` do not occur here. */
export type Status = "created" | "running" | "stopped";

/** What runc's commands are told before their name. */
export interface Globals {
  readonly root: string;
  readonly log: string | undefined;
  readonly logFormat: string;
}

/** The command failed: its message, as runc prints it. */
export class RuncError extends Error {}

const CGROUP_ROOT = "/sys/fs/cgroup";

/** Where runc keeps what it knows of a container. */
export function stateFolder(globals: Globals, id: string): string {
  return `${globals.root}/${id}`;
}

/** The group below the root, as the machine names it. */
export function cgroupOf(state: State): string {
  return (state.cgroup_paths[""] ?? CGROUP_ROOT).slice(CGROUP_ROOT.length) || "/";
}

/** The group as state.json has it: on a machine with one unified hierarchy. */
export function cgroupPaths(path: string): Record<string, string> {
  return { "": `${CGROUP_ROOT}${path}` };
}

/** @throws {RuncError} when there is no such container, as far as runc can see. */
export async function loadState(sys: Sys, globals: Globals, id: string): Promise<State> {
  if (id === "") throw new RuncError("container id cannot be empty");
  try {
    return JSON.parse(await sys.readFile(`${stateFolder(globals, id)}/state.json`));
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) throw new RuncError("container does not exist");
    if (error instanceof SyntaxError) throw new RuncError(error.message);
    throw error;
  }
}

/** Beside it first, then renamed (runc, libcontainer/container_linux.go, saveState). */
export async function writeState(sys: Sys, folder: string, state: State): Promise<void> {
  const suffix = [...sys.randomBytes(4)].join("");
  const temporary = `${folder}/state-${suffix}`;
  await sys.createFile(temporary, JSON.stringify(state), 0o600);
  await sys.rename(temporary, `${folder}/state.json`);
}

/** Derived anew each time: from the init's pid and start time, and from exec.fifo. */
export async function statusOf(sys: Sys, globals: Globals, state: State): Promise<Status> {
  const stat = await sys.processStat(state.init_process_pid);
  if (stat === undefined || stat.isZombie || stat.startTime !== state.init_process_start) {
    return "stopped";
  }
  const fifo = await sys.stat(`${stateFolder(globals, state.id)}/exec.fifo`);
  return fifo === undefined ? "running" : "created";
}

/** Whether the container has a PID namespace of its own, which dies with its init. */
export function hasOwnPidNamespace(state: State): boolean {
  return state.config.namespaces.some((it) => it.type === "NEWPID" && it.path === "");
}
