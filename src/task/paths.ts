import type { Config } from "../config.ts";

/** Where the pieces of one task are. A function of its id alone: whoever has the id can clean up. */
export interface TaskPaths {
  /** The OCI bundle; also conmon's control and window size fifos. */
  readonly bundle: string;
  readonly spec: string;
  readonly rootfs: string;
  readonly pidFile: string;
  /** Renamed to the pid file: there when the runtime was killed before, and in the way of the next (runc, utils_linux.go). */
  readonly pidFileDraft: string;
  /** conmon's control fifo. */
  readonly control: string;
  /** conmon's socket for who wants to read and write what the task does. */
  readonly attach: string;
  /** Written by conmon when the task has ended: its exit code as a number. */
  readonly exitFile: string;
  /** There once the kernel has killed a process of the task for want of memory (conmon, cgroup.c). */
  readonly oomFile: string;
  /** The OCI runtime's own folder of this task. */
  readonly runtimeDirectory: string;
  readonly runtimeState: string;
  /** Init waits here, before it executes the user's program (runc: libcontainer/container_linux.go). */
  readonly execFifo: string;
}

export function taskPaths(config: Config, id: string): TaskPaths {
  const bundle = `${tasksDirectory(config)}/${id}`;
  const runtimeDirectory = `${runtimeRoot(config)}/${id}`;
  return {
    bundle,
    spec: `${bundle}/config.json`,
    rootfs: `${bundle}/rootfs`,
    pidFile: `${bundle}/pid`,
    pidFileDraft: `${bundle}/.pid`,
    control: `${bundle}/ctl`,
    attach: `${bundle}/attach`,
    exitFile: `${exitDirectory(config)}/${id}`,
    oomFile: `${bundle}/oom`,
    runtimeDirectory,
    runtimeState: `${runtimeDirectory}/state.json`,
    execFifo: `${runtimeDirectory}/exec.fifo`,
  };
}

/** The `--root` of the OCI runtime. Its path in a process's arguments says that the process is ours. */
export function runtimeRoot(config: Config): string {
  return `${config.state}/runtime`;
}

/** Where every conmon leaves its exit file. */
export function exitDirectory(config: Config): string {
  return `${config.state}/exits`;
}

/** Where the bundles are. */
export function tasksDirectory(config: Config): string {
  return `${config.state}/tasks`;
}
