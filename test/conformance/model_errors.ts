/** A text that breaks a rule of the simulated machine in a copy of it. */
export interface Breakage {
  /** What the broken machine does. */
  readonly name: string;
  /** Where it is said otherwise. */
  readonly source: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A deliberate error in what the simulated kernel promises. */
export interface ModelError extends Breakage {
  /** A promise of the contract that must fail on it. */
  readonly promise: string;
}

const CGROUPS = "sim/world/cgroups.ts";
const CLOCK = "sim/kernel/kernel.ts";
const DATABASE = "sim/world/state_database.ts";
const FILES = "sim/kernel/files.ts";
const MACHINE = "sim/world/machine.ts";
const OPEN_FILE = "sim/world/open_file.ts";
const OVERLAY = "sim/world/overlay.ts";
const PIN = "sim/programs/pin.ts";
const PORT_CGROUPS = "sim/kernel/cgroups.ts";
const PROCESSES = "sim/kernel/processes.ts";
const PROCESS_TABLE = "sim/world/process_table.ts";
const STREAMS = "sim/kernel/streams.ts";
const TREE = "sim/world/tree.ts";

/** Deliberate errors, one a rule: a suite that lets one of them pass does not hold the model to Linux. */
export const MODEL_ERRORS: readonly ModelError[] = [
  {
    name: "a rename over a file is refused",
    source: "man 2 rename",
    promise: "rename() replaces a file and refuses what is not there",
    file: TREE,
    from: "if (replaced !== undefined) {",
    to: 'if (replaced !== undefined) {\n      refuse(verb, "EEXIST", to);',
  },
  {
    name: "a directory can be moved below itself",
    source: "man 2 rename, EINVAL",
    promise: "rename() refuses to put a directory below itself",
    file: TREE,
    from: 'if (at.inode === inode) refuse(verb, "EINVAL", to);',
    to: "",
  },
  {
    name: "a name that is taken can be given to a symlink",
    source: "man 2 symlink, EEXIST",
    promise: "symlink() refuses to replace",
    file: TREE,
    from: 'return "inode" in found ? refuse(verb, "EEXIST", path) : found;',
    to: 'return "inode" in found ? this.parentOf(verb, path) : found;',
  },
  {
    name: "two dots lead out of a root",
    source: "man 2 openat2, RESOLVE_IN_ROOT",
    promise: "resolveInRoot() never leaves the root",
    file: "sim/world/path_walk.ts",
    from: "if (at.parent !== undefined && at.inode !== top.inode) at = at.parent;",
    to: "if (at.parent !== undefined) at = at.parent;",
  },
  {
    name: "a node stands for its driver's first device",
    source: "man 3 makedev",
    promise: "stat() tells which device a node stands for",
    file: TREE,
    from: "minor: Number(minor) };",
    to: "minor: 0 };",
  },
  {
    name: "umount follows a symlink",
    source: "man 2 umount2, UMOUNT_NOFOLLOW",
    promise: "unmount() follows no symlink",
    file: TREE,
    from: "const at = this.resolve(verb, target, NO_FOLLOW);",
    to: "const at = this.resolve(verb, target);",
  },
  {
    name: "a read-only mount can be written to",
    source: "man 2 mount, MS_RDONLY",
    promise: "mount() binds, and read-only means it",
    file: TREE,
    from: 'isReadonly: what.options.includes("ro"),',
    to: "isReadonly: false,",
  },
  {
    name: "a second mount does not cover the first",
    source: "man 2 mount",
    promise: "mount() twice stacks, and list() says so",
    file: TREE,
    from: "at.mount.children.set(at.inode, mount);",
    to: "if (at.mount.parent === undefined) at.mount.children.set(at.inode, mount);",
  },
  {
    name: "a mount point is removed with what is mounted on it",
    source: "man 2 rmdir, EBUSY",
    promise: "remove() refuses a mount point and keeps what is mounted",
    file: FILES,
    from: 'if (place.mount.children.has(inode)) refuse("remove", "EBUSY", pathOf(child));',
    to: "place.mount.children.delete(inode);",
  },
  {
    name: "writing to an overlay changes the lower layer",
    source: "Documentation/filesystems/overlayfs.rst",
    promise: "mount() stacks layers with overlay",
    file: OVERLAY,
    from: "if (this.#upper !== undefined) return this.#upper;",
    to: "if (this.#lowers[1] !== undefined) return this.#lowers[1];",
  },
  {
    name: "inotify loses what is moved into a directory",
    source: "man 7 inotify, IN_MOVED_TO",
    promise: "watch() reports a file that is replaced, renamed or removed",
    file: TREE,
    from: 'target.parent.inode.notify(target.name, "arrivals");',
    to: "",
  },
  {
    name: "a fifo that nobody reads takes what is written",
    source: "man 7 fifo, ENXIO",
    promise: "writeFifo() refuses what is not there, and what nobody reads",
    file: FILES,
    from: 'if (inode.pipe.readers === 0) return refuse("writeFifo", "ENXIO", path);',
    to: "",
  },
  {
    name: "a fifo has no end of its room",
    source: "man 7 pipe, Pipe capacity",
    promise: "writeFifo() refuses to wait when the fifo is full",
    file: FILES,
    from: 'if (inode.pipe.freeBytes < bytes.length) return refuse("writeFifo", "EAGAIN", path);',
    to: "",
  },
  {
    name: "a fifo is at its end before its first writer",
    source: "man 2 poll, POLLHUP",
    promise: "read() does not take a fifo without a writer for one at its end",
    file: OPEN_FILE,
    from: "pipe.writerOpens !== this.writerOpensBefore",
    to: "true",
  },
  {
    name: "a process ends when it is reaped",
    source: "man 2 pidfd_open, EPOLLIN",
    promise: "who has ended is there no more, reaped or not",
    file: PROCESSES,
    from: 'if (!this.#process.isAlive) refuse("signal", "ESRCH", String(this.#process.pid));',
    to: 'if (this.#process.isReaped) refuse("signal", "ESRCH", String(this.#process.pid));',
  },
  {
    name: "whoever has the pid now is taken for the process",
    source: "man 2 pidfd_open",
    promise: "open() refuses another process with the same pid",
    file: PROCESSES,
    from: 'typeof process === "number" ? processes.get(pid) : processes.find(process)',
    to: "processes.get(pid)",
  },
  {
    name: "an ignored signal kills",
    source: "man 7 signal, SIG_IGN",
    promise: "signal() that is ignored leaves the program alive",
    file: PROCESS_TABLE,
    from: 'if (disposition === "ignore") return;',
    to: "",
  },
  {
    name: "an exit code keeps seven bits",
    source: "man 3 exit",
    promise: "spawn() tells the exit code",
    file: MACHINE,
    from: "code: code & 0xff }",
    to: "code: code & 0x7f }",
  },
  {
    name: "a killed process is said to have exited",
    source: "man 2 waitpid, WIFSIGNALED",
    promise: "spawn() tells the signal that killed",
    file: PROCESS_TABLE,
    from: 'this.die(process, { kind: "signaled", signal });',
    to: 'this.die(process, { kind: "exited", code: 128 + signal });',
  },
  {
    name: "writing to a pipe that nobody reads goes well",
    source: "man 2 write, EPIPE",
    promise: "writePipe() and sendPipe() refuse when the program is gone",
    file: PROCESSES,
    from: 'return isHeard ? undefined : refuse("writePipe", "EPIPE", this.#name);',
    to: "return undefined;",
  },
  {
    name: "packets run into each other",
    source: "man 7 unix, SOCK_SEQPACKET",
    promise: "read() gives a packet at a time, in order, and then the end",
    file: STREAMS,
    from: "return pipe.readPacket();",
    to: "return pipe.read(READ_BYTES);",
  },
  {
    name: "who has gone away still listens",
    source: "man 2 connect, ECONNREFUSED",
    promise: "connect() refuses what is not there, and what nobody listens at",
    file: FILES,
    from: "listener === undefined || listener.isClosed",
    to: "listener === undefined",
  },
  {
    name: "a stream takes what nobody reads",
    source: "man 2 write, EPIPE",
    promise: "a write to a stream that nobody reads is refused",
    file: STREAMS,
    from: "this.#isClosed || pipe.readers === 0) {",
    to: "this.#isClosed) {",
  },
  {
    name: "killing a cgroup spares the groups below it",
    source: "Documentation/admin-guide/cgroup-v2.rst, cgroup.kill",
    promise: "kill() ends every process below, then remove() goes through",
    file: PORT_CGROUPS,
    from: "find(path)?.allProcesses() ?? []",
    to: "find(path)?.processes.values().toArray() ?? []",
  },
  {
    name: "a new cgroup has no CPU",
    source: "Documentation/admin-guide/cgroup-v2.rst, cpuset.cpus.effective",
    promise: "cpuset() says what the processes of a group may use",
    file: CGROUPS,
    from: '?? this.parent?.effective(file) ?? UNLIMITED[file] ?? "";',
    to: '?? "";',
  },
  {
    name: "a cgroup with processes can be removed",
    source: "man 7 cgroups, EBUSY",
    promise: "remove() refuses a group with processes",
    file: CGROUPS,
    from: "|| group.allProcesses().length > 0",
    to: "",
  },
  {
    name: "a namespace is pinned over another",
    source: "man 1 unshare",
    promise: "pin() takes a file that is there, and no pin",
    file: PIN,
    from: 'else if (await sys.isPin(path)) return await fail("EEXIST");',
    to: "",
  },
  {
    name: "a transaction forgets its deletions",
    source: "SQLite, Atomic Commit",
    promise: "commit() applies its changes in order",
    file: DATABASE,
    from: "if (record === undefined) this.#records.delete(key);\n    else",
    to: "if (record !== undefined)",
  },
  {
    name: "a timer fires early",
    source: "man 2 timer_settime",
    promise: "after() never fires early",
    file: CLOCK,
    from: "Math.ceil(ms * 1_000)",
    to: "Math.ceil(ms * 900)",
  },
];
