import type { Breakage } from "./model_errors.ts";

/** A deliberate error in a program of the simulated machine, or in what it stands on. */
export interface ProgramError extends Breakage {
  /** The recording of Linux that the broken model cannot have made. */
  readonly recording: string;
}

const CNI = "sim/programs/cni/host_local.ts";
const CONMON = "sim/programs/conmon/conmon.ts";
const DELETE = "sim/programs/runc/delete.ts";
const EXEC = "sim/programs/runc/exec.ts";
const INIT = "sim/programs/runc/init.ts";
const LOG = "sim/programs/conmon/log.ts";
const PLUGINS = "sim/programs/cni/plugins.ts";
const PROCESS_TABLE = "sim/world/process_table.ts";
const STATE = "sim/programs/runc/state.ts";
const UPDATE = "sim/programs/runc/update.ts";
const SHELL = "sim/programs/shell/shell.ts";

/** Each breaks what the recordings show runc, conmon, the CNI plugins or the kernel below them to do. */
export const PROGRAM_ERRORS: readonly ProgramError[] = [
  {
    name: "conmon forgets that a signal ended the container",
    source: "conmon, ctr_exit.c, get_exit_status",
    recording: "deaths from outside",
    file: CONMON,
    from: 'return status.kind === "exited" ? status.code : 128 + status.signal;',
    to: 'return status.kind === "exited" ? status.code : status.signal;',
  },
  {
    name: "conmon leaves no exit file",
    source: "conmon, ctr_exit.c, do_exit_command",
    recording: "a pod with shared PIDs",
    file: CONMON,
    from: "if (exitFolder !== undefined)",
    to: "if (false)",
  },
  {
    name: "conmon takes nothing from its control fifo",
    source: "conmon, ctrl.c, process_terminal_ctrl_line",
    recording: "a pod with a network",
    file: CONMON,
    from: "await this.#log?.reopen();",
    to: ";",
  },
  {
    name: "conmon reopens its log and leaves it under another name",
    source: "conmon, ctr_logging.c, reopen_k8s_file",
    recording: "a pod with a network",
    file: LOG,
    from: "await this.#sys.rename(temporary, this.#path);",
    to: "",
  },
  {
    name: "runc update takes limits that Linux refuses",
    source: "runc, libcontainer/container_linux.go, Set",
    recording: "limits that change",
    file: UPDATE,
    from: "    throw error;\n  }\n  const config",
    to: "  }\n  const config",
  },
  {
    name: "runc update takes no container that waits for its start",
    source: "runc, libcontainer/container_linux.go, Set",
    recording: "limits that change",
    file: UPDATE,
    from: '=== "stopped") {',
    to: '!== "running") {',
  },
  {
    name: "runc creates a container whose program is not there",
    source: "runc, libcontainer/standard_init_linux.go",
    recording: "starts that fail",
    file: INIT,
    from: "if (missing !== undefined) return await report(sys, missing);",
    to: "",
  },
  {
    name: "runc starts a program below a file",
    source: "runc, libcontainer/rootfs_linux.go",
    recording: "starts that fail",
    file: INIT,
    from: 'await makeWorkingDirectory(sys, spec.process.cwd ?? "/");',
    to: "",
  },
  {
    name: "the runtime's init does not wait for its release",
    source: "runc, libcontainer/standard_init_linux.go, exec.fifo",
    recording: "deaths from outside",
    file: INIT,
    from: 'await sys.write(fifo, "0");',
    to: "",
  },
  {
    name: "runc create keeps nothing of the container",
    source: "runc, libcontainer/container_linux.go, state.json",
    recording: "deaths from outside",
    file: STATE,
    from: "await sys.rename(temporary, `${folder}/state.json`);",
    to: "",
  },
  {
    name: "runc delete leaves its folder",
    source: "runc, libcontainer/state_linux.go, destroy",
    recording: "a deletion from outside",
    file: DELETE,
    from: "await sys.removeAll(stateFolder(globals, state.id));",
    to: "",
  },
  {
    name: "conmon --exec loses the exit code",
    source: "man 8 conmon, --exec",
    recording: "a pod with a network",
    file: CONMON,
    from: 'if (this.#options.isExec) await this.#report(code, "");',
    to: 'if (this.#options.isExec) await this.#report(0, "");',
  },
  {
    name: "runc exec names no pid",
    source: "man 8 runc-exec, --pid-file",
    recording: "a pod with a network",
    file: EXEC,
    from: "if (pidFile !== undefined) await writePidFile(sys, pidFile, pid);",
    to: "",
  },
  {
    name: "an address that was given back is given out at once",
    source: "CNI plugins, ipam/host-local, allocator.go, last reserved IP",
    recording: "a pod with a network",
    file: CNI,
    from: 'const start = Number(last.split(".")[3] ?? 1) + 1 - FIRST_HOST;',
    to: "const start = last.length - last.length;",
  },
  {
    name: "a pod gets no address",
    source: "CNI spec 1.0, Section 5, Success",
    recording: "a pod with a network",
    file: PLUGINS,
    from: "ips: [{ address, gateway, interface: configuration.bridge === undefined ? 0 : 1 }],",
    to: "ips: [],",
  },
  {
    name: "a trap does not run",
    source: "man 1 dash, trap",
    recording: "a pod with shared PIDs",
    file: SHELL,
    from: "if (action) await this.#run(parse(action));",
    to: "",
  },
  {
    name: "the children of an init live on without it",
    source: "man 7 pid_namespaces",
    recording: "a pod with a network",
    file: PROCESS_TABLE,
    from: "else this.signal(process, SIGKILL);",
    to: "",
  },
  {
    name: "orphans die with their parent",
    source: "man 2 wait, NOTES",
    recording: "a pod with shared PIDs",
    file: PROCESS_TABLE,
    from: "if (child.parentDeathSignal !== 0) this.signal(child, child.parentDeathSignal);",
    to: "this.signal(child, SIGKILL);",
  },
];
