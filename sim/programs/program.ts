/**
 * Programs of the simulated machine: async functions over system calls. Each system call is a step
 * that the scheduler places, so a program can be overtaken, or killed, between any two of them; a
 * killed program's pending call is never answered.
 *
 * To add one: write `export const name: Program = async (sys) => { …; return 0; }` and put it into
 * `registry.ts` under its base name. It is then executable as `/usr/bin/name` on the machine. Whatever
 * happens between two system calls happens at once, so keep that to what the real program does in its
 * own memory. A KernelError that a program does not catch ends it with code 1 and its text on stderr.
 *
 * @module
 */

import type { ExitStatus } from "../../src/kernel/processes.ts";
import type { FileStat } from "../../src/kernel/files.ts";
import type { NamespaceKind } from "../../src/kernel/namespaces.ts";
import type { ContainerRole } from "../world/process.ts";

/** Returns the exit code. */
export type Program = (sys: Sys) => Promise<number>;

/** How a file is opened; writing to a file appends, as all programs here do. */
export type OpenMode = "read" | "write" | "append";

/** The flags of open(2) that programs here use. */
export interface OpenOptions {
  /** Made with these permissions when it is not there; absent: ENOENT then. */
  readonly createMode?: number;
  /** Whether what the file held is dropped (O_TRUNC). */
  readonly truncates?: boolean;
  /** A fifo is not waited for, and reads and writes answer EAGAIN instead of waiting. */
  readonly isNonblocking?: boolean;
}

/** What a child gets from its parent. */
export interface SpawnFiles {
  /** Descriptors of the caller by the child's number; all others are closed. Absent: the same as the caller's. */
  readonly files?: Readonly<Record<number, number>>;
  /** The whole environment; the caller's when absent. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute; the caller's when absent. */
  readonly cwd?: string;
  /** Sent to the child when the caller dies (man 2 prctl, PR_SET_PDEATHSIG). */
  readonly parentDeathSignal?: number;
}

/** What fork, clone and prctl can do to a child. */
export interface ForkOptions extends SpawnFiles {
  /** The child is the init of a PID namespace of its own (man 2 clone, CLONE_NEWPID). */
  readonly newPidNamespace?: boolean;
  /** What it calls itself in the process table: it executes its own program anew. */
  readonly args?: readonly string[];
  /** The child's parent is the caller's parent (CLONE_PARENT). */
  readonly toParent?: boolean;
}

/** What a process waits for; any of it ends the wait. */
export interface PollRequest {
  /** Readers of pipes and fifos, and listening sockets. */
  readonly read?: readonly number[];
  /** Writers of pipes and fifos. */
  readonly write?: readonly number[];
  /** Pids whose end ends the wait (pidfds). */
  readonly processes?: readonly number[];
  /** Whether a child that can be waited for ends the wait. */
  readonly children?: boolean;
  /** Of virtual time; for ever when absent. */
  readonly timeoutMs?: number;
}

/** What ended the wait. */
export interface PollResult {
  /** Of `read`, those where a read would not wait. */
  readonly readable: readonly number[];
  /** Of `write`, those where a write would not wait. */
  readonly writable: readonly number[];
  /** Whether a child can be waited for. */
  readonly hasChild: boolean;
  /** Of `processes`, those that have ended. */
  readonly ended: readonly number[];
  /** Caught signals since the last poll, in order. */
  readonly signals: readonly number[];
  /** Whether nothing else ended the wait. */
  readonly hasTimedOut: boolean;
}

/** A child that was reaped. */
export interface Waited {
  /** As the machine numbers it: pids recycle soon, see `SimulationOptions.pidMax`. */
  readonly pid: number;
  /** A code, or the signal that killed it. */
  readonly status: ExitStatus;
}

/** System calls, as one process makes them. Errors are KernelErrors with the call's name as verb. */
export interface Sys {
  /** Its own. */
  readonly pid: number;
  /** 1 once its parent has died, unless a subreaper is above it. */
  readonly parentPid: number;
  /** What getpid says: 1 to the init of a PID namespace; to others, simplified, the machine's number. */
  readonly pidSeen: number;
  /** Starts with the name it was executed by. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; relative paths are taken from it. */
  readonly cwd: string;
  /** Whether it has children, zombies included. No step. */
  readonly hasChildren: boolean;

  /** CLOCK_REALTIME in microseconds. No step. */
  realtimeMicros(): number;
  /** Random bytes (man 2 getrandom). No step. */
  randomBytes(length: number): Uint8Array;

  // Processes.

  /** Starts a child that runs `child`, with copies of the caller's descriptors unless told otherwise. */
  fork(name: string, child: Program, options?: ForkOptions): Promise<number>;
  /** Becomes another program: `return await sys.exec(…)`. ENOENT, EACCES as execve. */
  exec(
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<number>;
  /** Whether `exec` would find the program (man 2 access, X_OK, along PATH). */
  canExecute(program: string): Promise<boolean>;
  /** fork and exec in one; failures of exec appear as exit code 127. */
  spawn(program: string, args: readonly string[], options?: SpawnFiles): Promise<number>;
  /** Waits for a child, any if no pid is given, and reaps it. ECHILD when there is none. */
  wait(pid?: number): Promise<Waited>;
  /** Like wait, but undefined when no child has ended yet, or there is none. */
  tryWait(): Promise<Waited | undefined>;
  /** ESRCH when there is no such process. Signal 0 only asks. */
  kill(pid: number, signal: number): Promise<void>;
  /** Like kill, but ESRCH also when another process has the pid now (man 2 pidfd_send_signal). */
  killIdentity(pid: number, startTime: number, signal: number): Promise<void>;
  /** What /proc/PID/stat says; undefined when there is no such process. */
  processStat(pid: number): Promise<{ startTime: number; isZombie: boolean } | undefined>;
  /** What becomes of a signal from now on; "catch" leaves it to `poll` and ends a `sleep`. */
  signalAction(signal: number, action: "default" | "ignore" | "catch"): Promise<void>;
  /** No step, as whatever touches nothing but the process itself. */
  setSubreaper(): void;
  /** Of the caller itself; whose parent has died by then hears nothing (man 2 prctl, PR_SET_PDEATHSIG). */
  setParentDeathSignal(signal: number): Promise<void>;
  /** Ends early when a caught signal comes. */
  sleep(ms: number): Promise<void>;
  /** Waits for any of what is asked for, or for a caught signal. */
  poll(request: PollRequest): Promise<PollResult>;

  // Files. Relative paths are taken from the working directory.

  /** The new descriptor. Opening an end of a fifo waits for the other. ENOENT, EISDIR, ENXIO. */
  open(path: string, mode: OpenMode, options?: OpenOptions): Promise<number>;
  /** Holds a file without opening it (man 2 open, O_PATH). */
  openPath(path: string): Promise<number>;
  /** Opens what `openPath` holds, whatever its path is by now (man 5 proc, /proc/PID/fd). */
  reopen(fd: number, mode: OpenMode, options?: OpenOptions): Promise<number>;
  /** Up to `bytesMax`; none at the end. Waits for a pipe; EAGAIN when it was opened nonblocking. */
  read(fd: number, bytesMax: number): Promise<Uint8Array>;
  /** Reads to the end. */
  readAll(fd: number): Promise<string>;
  /** EPIPE, and death by SIGPIPE unless ignored, when nobody can read. */
  write(fd: number, data: string | Uint8Array): Promise<void>;
  /** Waits until nobody else has the file locked, and locks it (man 2 flock, LOCK_EX). EBADF. */
  flock(fd: number): Promise<void>;
  /** EBADF when it is not open. */
  close(fd: number): Promise<void>;
  /** Of the terminal that a descriptor stands for, "rows columns" (man 4 tty_ioctl, TIOCGWINSZ). */
  terminalSize(fd: number): Promise<string>;
  /** Gives it another size (TIOCSWINSZ). */
  resizeTerminal(fd: number, size: string): Promise<void>;
  /** A pipe: where to read, where to write. No step. */
  pipe(): [number, number];
  /** No step. */
  duplicate(from: number, to: number): void;
  /** Puts /dev/null in place of a descriptor. No step. */
  toNull(fd: number): void;
  /** The whole content as text. ENOENT, EISDIR. */
  readFile(path: string): Promise<string>;
  /** The whole content. ENOENT, EISDIR. */
  readBytes(path: string): Promise<Uint8Array>;
  /** Opens, writes and closes; not atomic for others in reality, but one step here. */
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** Makes the file; EEXIST (man 2 open, O_EXCL). */
  createFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** Atomic; replaces a file at `to`. ENOENT. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a name; who has the file open keeps it. ENOENT, EISDIR. */
  unlink(path: string): Promise<void>;
  /** EEXIST, ENOENT; mode 0755 unless given. */
  mkdir(path: string, mode?: number): Promise<void>;
  /** As mkdir -p, in one step; an existing directory is left as it is. */
  mkdirs(path: string, mode?: number): Promise<void>;
  /** ENOENT, ENOTDIR, ENOTEMPTY. */
  rmdir(path: string): Promise<void>;
  /** rm -rf, one step for each name; absent is fine. */
  removeAll(path: string): Promise<void>;
  /** EEXIST. The target need not be there. */
  symlink(target: string, path: string): Promise<void>;
  /** The target of a symlink. */
  readLink(path: string): Promise<string>;
  /** Another name for the file (man 2 link). */
  hardLink(from: string, to: string): Promise<void>;
  /** EEXIST. */
  mkfifo(path: string, mode: number): Promise<void>;
  /** The descriptor of a listening socket whose connections carry packets. EEXIST. */
  bindSocket(path: string): Promise<number>;
  /** Of who has connected first: where to read, where to write; undefined when nobody has. */
  accept(fd: number): Promise<[number, number] | undefined>;
  /** A device node, "major:minor". */
  mknod(path: string, device: string, mode: number): Promise<void>;
  /** Of a symlink itself (man 2 lchown). */
  chown(path: string, uid: number, gid: number): Promise<void>;
  /** Permission bits, 0 to 0o7777. */
  chmod(path: string, mode: number): Promise<void>;
  /** The names in a directory, sorted. ENOENT, ENOTDIR. */
  list(path: string): Promise<readonly string[]>;
  /** Not following a last symlink; undefined when nothing is there. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Makes a file survive `Simulation.crashMachine`. */
  fsync(path: string): Promise<void>;
  /** Where relative paths are taken from. ENOENT, ENOTDIR. */
  changeDirectory(path: string): Promise<void>;
  /** Takes a directory for `/` from now on (man 2 chroot, pivot_root). */
  changeRoot(path: string): Promise<void>;
  /** Covers `target`, which must be there. ENOENT. */
  mount(source: string, target: string, type: string, options: readonly string[]): Promise<void>;
  /** Takes away the topmost mount. EINVAL when it is no mount point. */
  unmount(target: string): Promise<void>;

  // Namespaces and cgroups.

  /** New namespaces for the caller (man 2 unshare). */
  unshare(kinds: readonly NamespaceKind[]): Promise<void>;
  /** Of the caller's uts namespace. */
  setHostname(name: string): Promise<void>;
  /** Writes to a file of /proc/sys that belongs to one of the caller's namespaces (man 5 proc). ENOENT, EINVAL. */
  setParameter(path: string, value: string): Promise<void>;
  /** Binds one of the caller's namespaces to an existing file. */
  bindNamespace(kind: NamespaceKind, path: string): Promise<void>;
  /** Whether a namespace is bound to a path (man 2 statfs, NSFS_MAGIC). */
  isPin(path: string): Promise<boolean>;
  /** Joins the namespace that a path pins (man 2 setns). ENOENT, EINVAL when it is no pin. */
  joinPath(kind: NamespaceKind, path: string): Promise<void>;
  /** Joins all namespaces and the root of a process. ESRCH. */
  joinProcess(pid: number): Promise<void>;
  /** With its parents; existing is fine. */
  cgroupCreate(path: string): Promise<void>;
  /** Moves a process. ENOENT, ESRCH. */
  cgroupMove(path: string, pid: number): Promise<void>;
  /** The pids in a group. ENOENT. */
  cgroupProcesses(path: string): Promise<readonly number[]>;
  /** Writes a limit of a group ("memory.max"). ENOENT; EINVAL for what no group can have. */
  cgroupWrite(path: string, file: string, value: string): Promise<void>;
  /** EBUSY while populated; absent is fine. */
  cgroupRemove(path: string): Promise<void>;
  /** Says for whom this process works, for oracles and snapshots. No step. */
  setContainer(role: ContainerRole): void;
  /** Uses memory until the kernel kills somebody of the own group (man 7 cgroups, memory.oom). */
  exhaustMemory(): Promise<void>;
  /** Whether a network namespace is at a path; its interfaces can then be changed. One step. */
  network<T>(path: string, change: (network: NetworkSys) => T): Promise<T>;
}

/** The interfaces of a network namespace. */
export interface NetworkSys {
  /** Whether there is an interface of this name. */
  has(name: string): boolean;
  /** A new interface, up, with addresses that have a prefix length ("10.88.0.2/16"). */
  add(name: string, addresses: readonly string[]): void;
  /** ENODEV when there is no such interface. */
  setUp(name: string): void;
  /** An absent one is fine. */
  remove(name: string): void;
}
