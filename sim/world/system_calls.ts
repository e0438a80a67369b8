import type { FileStat } from "../../src/kernel/files.ts";
import type { NamespaceKind } from "../../src/kernel/namespaces.ts";
import type {
  ForkOptions,
  NetworkSys,
  OpenMode,
  OpenOptions,
  PollRequest,
  PollResult,
  Program,
  SpawnFiles,
  Sys,
  Waited,
} from "../programs/program.ts";
import { type AGAIN, type Step, WaitQueue } from "../step.ts";
import { append, concat, fromBytes, toBytes, toText } from "./content.ts";
import { refuse } from "./errors.ts";
import { Directory, Inode } from "./inode.ts";
import type { Machine } from "./machine.ts";
import type { Namespace } from "./namespaces.ts";
import { OpenFile } from "./open_file.ts";
import { Pipe } from "./pipe.ts";
import type { Place } from "./place.ts";
import type { ContainerRole, Process } from "./process.ts";
import { SIGKILL, SIGPIPE } from "./process_table.ts";
import type { ResolveOptions } from "./tree.ts";

const EXEC_FAILED = 127;
/** Where an end waits for its partner: no real descriptor yet. */
const HALF_OPEN = -1;
const FOLLOW: ResolveOptions = {};

/** The system calls of one process, each a step of its task. */
export class SystemCalls implements Sys {
  readonly #machine: Machine;
  readonly #process: Process;

  constructor(machine: Machine, process: Process) {
    this.#machine = machine;
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get parentPid(): number {
    return this.#process.parent?.pid ?? 0;
  }

  get args(): readonly string[] {
    return this.#process.args;
  }

  get env(): Readonly<Record<string, string>> {
    return this.#process.env;
  }

  get cwd(): string {
    return this.#process.cwd;
  }

  get hasChildren(): boolean {
    return this.#process.children.size > 0;
  }

  realtimeMicros(): number {
    return this.#machine.scheduler.clock.realtimeMicros;
  }

  randomBytes(length: number): Uint8Array {
    return this.#machine.random.bytes(length);
  }

  // Processes.

  fork(name: string, program: Program, options: ForkOptions = {}): Promise<number> {
    return this.#call("fork", name, () => {
      const machine = this.#machine;
      const parent = options.toParent ? this.#process.parent ?? this.#process : this.#process;
      const namespace = options.newPidNamespace ? machine.namespaces.make("pid") : undefined;
      const task = machine.scheduler.newTask(name);
      const child = machine.processes.fork("fork", this.#process, task, namespace);
      if (parent !== this.#process) {
        this.#process.children.delete(child);
        parent.children.add(child);
        child.parent = parent;
      }
      if (options.files !== undefined) this.#replaceFiles(child, options.files);
      if (options.args !== undefined) child.args = options.args;
      if (options.env !== undefined) child.env = options.env;
      if (options.cwd !== undefined) child.cwd = options.cwd;
      child.parentDeathSignal = options.parentDeathSignal ?? 0;
      machine.start(child, program);
      return child.pid;
    });
  }

  async exec(
    name: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<number> {
    const program = await this.#call("execve", [name, ...args], () => {
      const process = this.#process;
      const found = this.#machine.findProgram("execve", name, args, {
        root: process.root,
        env: env ?? process.env,
      });
      process.args = [name, ...args];
      if (env !== undefined) process.env = env;
      process.task.name = process.args.join(" ");
      for (const [signal, action] of process.dispositions) {
        if (action === "catch") process.dispositions.delete(signal);
      }
      for (const [fd, file] of process.files) {
        if (!file.closesOnExec) continue;
        file.close();
        process.files.delete(fd);
      }
      this.#recordExecution();
      return found;
    });
    return await program(this);
  }

  canExecute(name: string): Promise<boolean> {
    return this.#call("access", name, () => {
      try {
        this.#machine.findProgram("access", name, [], this.#process);
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        return false;
      }
    });
  }

  spawn(name: string, args: readonly string[], options: SpawnFiles = {}): Promise<number> {
    return this.fork(
      [name, ...args].join(" "),
      async (child) => {
        try {
          return await child.exec(name, args);
        } catch (error) {
          if (!isErrno(error)) throw error;
          await child.write(2, `${name}: ${error.errno}\n`).catch(() => {});
          return EXEC_FAILED;
        }
      },
      options,
    );
  }

  wait(pid?: number): Promise<Waited> {
    const process = this.#process;
    const { processes } = this.#machine;
    return this.#callWhen(
      "wait",
      pid,
      process.childChanged,
      () => processes.zombieOf(process, pid) !== undefined || !this.#hasChild(pid),
      () => {
        const zombie = processes.zombieOf(process, pid);
        if (zombie === undefined) return refuse("wait", "ECHILD", String(pid ?? "any"));
        processes.reap(zombie);
        return { pid: zombie.pid, status: zombie.exitStatus as Waited["status"] };
      },
    );
  }

  tryWait(): Promise<Waited | undefined> {
    return this.#call("wait", "WNOHANG", () => {
      const zombie = this.#machine.processes.zombieOf(this.#process, undefined);
      if (zombie === undefined) return undefined;
      this.#machine.processes.reap(zombie);
      return { pid: zombie.pid, status: zombie.exitStatus as Waited["status"] };
    });
  }

  kill(pid: number, signal: number): Promise<void> {
    return this.#call("kill", [String(pid), String(signal)], () => {
      const target = this.#machine.processes.get(pid) ?? refuse("kill", "ESRCH", String(pid));
      this.#machine.processes.signal(target, signal);
    });
  }

  killIdentity(pid: number, startTime: number, signal: number): Promise<void> {
    return this.#call("pidfd_send_signal", [String(pid), String(signal)], () => {
      const target = this.#machine.processes.get(pid);
      if (target === undefined || target.startTime !== startTime || target.state === "zombie") {
        return refuse("pidfd_send_signal", "ESRCH", String(pid));
      }
      return this.#machine.processes.signal(target, signal);
    });
  }

  processStat(pid: number): Promise<{ startTime: number; isZombie: boolean } | undefined> {
    return this.#call("stat", `/proc/${pid}/stat`, () => {
      const target = this.#machine.processes.get(pid);
      if (target === undefined) return undefined;
      return { startTime: target.startTime, isZombie: target.state === "zombie" };
    });
  }

  signalAction(signal: number, action: "default" | "ignore" | "catch"): Promise<void> {
    return this.#call("sigaction", [String(signal), action], () => {
      this.#process.dispositions.set(signal, action);
    });
  }

  setSubreaper(): void {
    this.#process.isSubreaper = true;
  }

  setParentDeathSignal(signal: number): void {
    this.#process.parentDeathSignal = signal;
  }

  async sleep(ms: number): Promise<void> {
    await this.poll({ timeoutMs: ms });
  }

  poll(request: PollRequest): Promise<PollResult> {
    const process = this.#process;
    const { processes } = this.#machine;
    const files = (request.read ?? []).map((fd) => ({ fd, file: this.#file("poll", fd) }));
    const queues: WaitQueue[] = [process.signalled];
    for (const { file } of files) if (file.pipe !== undefined) queues.push(file.pipe.changed);
    if (request.children) queues.push(process.childChanged);
    const watched = (request.processes ?? []).map((pid) => ({ pid, target: processes.get(pid) }));
    for (const { target } of watched) if (target !== undefined) queues.push(target.changed);
    const ended = (): number[] =>
      watched.filter(({ target }) => !target?.isAlive).map(({ pid }) => pid);
    let hasTimedOut = request.timeoutMs !== undefined && request.timeoutMs <= 0;
    let timer: Disposable | undefined;
    if (request.timeoutMs !== undefined && !hasTimedOut) {
      const timeout = new WaitQueue();
      queues.push(timeout);
      timer = this.#machine.scheduler.after(
        process.task,
        process,
        request.timeoutMs * 1_000,
        () => {
          hasTimedOut = true;
          timeout.wake();
        },
      );
    }
    const hasChild = (): boolean =>
      request.children === true &&
      (processes.zombieOf(process, undefined) !== undefined || process.children.size === 0);
    return this.#callWhen(
      "poll",
      request.timeoutMs,
      queues,
      () =>
        hasTimedOut || process.caught.length > 0 || files.some(({ file }) => file.isReadable) ||
        hasChild() || (watched.length > 0 && ended().length > 0),
      () => {
        timer?.[Symbol.dispose]();
        return {
          readable: files.filter(({ file }) => file.isReadable).map(({ fd }) => fd),
          hasChild: hasChild(),
          ended: ended(),
          signals: process.caught.splice(0),
          hasTimedOut,
        };
      },
    );
  }

  // Files.

  open(path: string, mode: OpenMode, options: OpenOptions = {}): Promise<number> {
    return this.#open(path, mode, options, () => {
      const { tree } = this.#machine;
      const full = this.#path(path);
      const found = tree.lookup("open", full, this.#root());
      if ("inode" in found) return found;
      if (options.createMode === undefined) return refuse("open", "ENOENT", path);
      tree.write("open", full, "", options.createMode, this.#root());
      return tree.resolve("open", full, this.#root());
    });
  }

  openPath(path: string): Promise<number> {
    return this.#call("open", `${path} O_PATH`, () => {
      const place = this.#machine.tree.resolve("open", this.#path(path), this.#root());
      return this.#addFile(new OpenFile("file", undefined, place));
    });
  }

  reopen(fd: number, mode: OpenMode, options: OpenOptions = {}): Promise<number> {
    const file = this.#file("open", fd);
    const name = file.place?.name ?? "";
    return this.#open(
      `/proc/self/fd/${fd} (${name})`,
      mode,
      options,
      () => file.place ?? refuse("open", "ENOENT", name),
    );
  }

  #open(
    path: string,
    mode: OpenMode,
    options: OpenOptions,
    find: () => Place,
  ): Promise<number> {
    let halfOpen: OpenFile | undefined;
    return this.#call<number>("open", path, (step) => {
      if (halfOpen !== undefined) return this.#addFile(halfOpen);
      const place = find();
      const { inode } = place;
      if (inode.kind === "directory" && mode !== "read") refuse("open", "EISDIR", path);
      if (place.mount.isReadonly && mode !== "read" && inode.kind === "file") {
        refuse("open", "EROFS", path);
      }
      const { pipe } = inode;
      if (pipe === undefined) {
        if (options.truncates && inode.content.length > 0) {
          this.#machine.tree.setContent(place, "");
        }
        return this.#addFile(new OpenFile("file", undefined, place));
      }
      const file = openFifo(pipe, mode, options) ?? refuse("open", "ENXIO", path);
      if (file.isOpen) return this.#addFile(file.end);
      // It counts as an end from now on (Linux, fs/pipe.c), and goes with the process if that dies.
      halfOpen = file.end;
      this.#process.files.set(HALF_OPEN, halfOpen);
      return step.waitFor(pipe.changed, file.hasPartner);
    });
  }

  read(fd: number, bytesMax: number): Promise<Uint8Array> {
    const file = this.#file("read", fd);
    const effect = (): Uint8Array => {
      if (file.pipe !== undefined) {
        if (file.isNonblocking && file.pipe.sizeBytes === 0 && file.pipe.writers > 0) {
          refuse("read", "EAGAIN", String(fd));
        }
        return file.pipe.read(bytesMax);
      }
      if (file.place === undefined) return new Uint8Array(0);
      const bytes = toBytes(file.place.inode.content).subarray(file.offset, file.offset + bytesMax);
      file.offset += bytes.length;
      return bytes;
    };
    if (file.pipe === undefined || file.isNonblocking) return this.#call("read", fd, effect);
    return this.#callWhen("read", fd, file.pipe.changed, () => file.isReadable, effect);
  }

  async readAll(fd: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await this.read(fd, 65_536);
      if (chunk.length === 0) return toText(concat([...chunks, new Uint8Array(0)]));
      chunks.push(chunk);
    }
  }

  write(fd: number, data: string | Uint8Array): Promise<void> {
    const file = this.#file("write", fd);
    let rest = toBytes(data);
    return this.#call<void>("write", fd, (step) => {
      const pipe = file.pipe;
      if (pipe === undefined) {
        if (file.place === undefined) return undefined;
        const { inode } = file.place;
        this.#machine.tree.setContent(file.place, append(inode.content, fromBytes(rest)));
        return undefined;
      }
      if (pipe.readers === 0) {
        this.#machine.processes.signal(this.#process, SIGPIPE);
        return refuse("write", "EPIPE", String(fd));
      }
      const written = rest.subarray(0, pipe.freeBytes);
      pipe.write(written);
      rest = rest.subarray(written.length);
      if (rest.length === 0) return undefined;
      if (file.isNonblocking) return refuse("write", "EAGAIN", String(fd));
      return step.waitFor(pipe.changed, () => pipe.freeBytes > 0 || pipe.readers === 0);
    });
  }

  close(fd: number): Promise<void> {
    return this.#call("close", fd, () => {
      this.#file("close", fd).close();
      this.#process.files.delete(fd);
    });
  }

  pipe(): [number, number] {
    const pipe = new Pipe();
    const reader = this.#addFile(OpenFile.reader(pipe));
    return [reader, this.#addFile(OpenFile.writer(pipe))];
  }

  duplicate(from: number, to: number): void {
    const file = this.#file("dup2", from);
    if (from === to) return;
    this.#process.files.get(to)?.close();
    this.#process.files.set(to, file.share());
  }

  toNull(fd: number): void {
    this.#process.files.get(fd)?.close();
    this.#process.files.set(fd, OpenFile.null());
  }

  readFile(path: string): Promise<string> {
    return this.#call("readFile", path, () => toText(this.#fileAt("open", path).content));
  }

  readBytes(path: string): Promise<Uint8Array> {
    return this.#call("readFile", path, () => toBytes(this.#fileAt("open", path).content));
  }

  writeFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    return this.#call("writeFile", path, () => {
      this.#machine.tree.write("open", this.#path(path), content, mode, this.#root());
    });
  }

  createFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    return this.#call("createFile", path, () => {
      const { tree } = this.#machine;
      const at = tree.vacancyAt("open", this.#path(path), this.#process.root);
      const inode = new Inode(at.parent.inode.home, "file", mode);
      inode.content = content;
      tree.link("open", at, inode);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call("rename", [from, to], () => {
      this.#machine.tree.rename("rename", this.#path(from), this.#path(to), this.#root());
    });
  }

  unlink(path: string): Promise<void> {
    return this.#call("unlink", path, () => {
      const at = this.#machine.tree.parentOf("unlink", this.#path(path), this.#root());
      if (at.parent.inode.lookup(at.name) instanceof Directory) refuse("unlink", "EISDIR", path);
      this.#machine.tree.unlink("unlink", at);
    });
  }

  mkdir(path: string, mode = 0o755): Promise<void> {
    return this.#call("mkdir", path, () => {
      const { tree } = this.#machine;
      tree.mkdir("mkdir", tree.vacancyAt("mkdir", this.#path(path), this.#process.root), mode);
    });
  }

  mkdirs(path: string, mode = 0o755): Promise<void> {
    return this.#call("mkdirs", path, () => {
      this.#machine.tree.mkdirs("mkdir", this.#path(path), mode, this.#root());
    });
  }

  rmdir(path: string): Promise<void> {
    return this.#call("rmdir", path, () => {
      const at = this.#machine.tree.parentOf("rmdir", this.#path(path), this.#root());
      const inode = at.parent.inode.lookup(at.name);
      if (inode !== undefined && !(inode instanceof Directory)) refuse("rmdir", "ENOTDIR", path);
      this.#machine.tree.unlink("rmdir", at);
    });
  }

  async removeAll(path: string): Promise<void> {
    const stat = await this.stat(path);
    if (stat === undefined) return;
    if (stat.kind !== "directory") {
      return await this.unlink(path).catch(ignoreAbsent);
    }
    for (const name of await this.list(path).catch(ignoreAbsentList)) {
      await this.removeAll(`${path}/${name}`);
    }
    await this.rmdir(path).catch(ignoreAbsent);
  }

  symlink(target: string, path: string): Promise<void> {
    return this.#call("symlink", [target, path], () => {
      const { tree } = this.#machine;
      const at = tree.vacancyAt("symlink", this.#path(path), this.#process.root);
      tree.link("symlink", at, new Inode(at.parent.inode.home, "symlink", 0o777, target));
    });
  }

  readLink(path: string): Promise<string> {
    return this.#call("readlink", path, () => {
      const { inode } = this.#machine.tree.resolve("readlink", this.#path(path), {
        ...this.#root(),
        follow: false,
      });
      return inode.kind === "symlink" ? inode.target : refuse("readlink", "EINVAL", path);
    });
  }

  hardLink(from: string, to: string): Promise<void> {
    return this.#call("link", [from, to], () => {
      const { tree } = this.#machine;
      const { inode } = tree.resolve("link", this.#path(from), { ...this.#root(), follow: false });
      if (inode instanceof Directory) refuse("link", "EPERM", from);
      tree.link("link", tree.vacancyAt("link", this.#path(to), this.#process.root), inode);
    });
  }

  mkfifo(path: string, mode: number): Promise<void> {
    return this.#make("mkfifo", path, (at) => new Inode(at, "fifo", mode));
  }

  bindSocket(path: string): Promise<void> {
    return this.#make("bind", path, (at) => new Inode(at, "socket", 0o755));
  }

  mknod(path: string, device: string, mode: number): Promise<void> {
    return this.#make("mknod", path, (at) => {
      const inode = new Inode(at, "device", mode);
      inode.device = device;
      return inode;
    });
  }

  chown(path: string, uid: number, gid: number): Promise<void> {
    return this.#call("lchown", path, () => {
      const { inode } = this.#machine.tree.resolve("lchown", this.#path(path), {
        ...this.#root(),
        follow: false,
      });
      inode.uid = uid;
      inode.gid = gid;
    });
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#call("chmod", path, () => {
      this.#machine.tree.resolve("chmod", this.#path(path), this.#root()).inode.mode = mode;
    });
  }

  list(path: string): Promise<readonly string[]> {
    return this.#call("getdents", path, () => {
      const { inode } = this.#machine.tree.resolve("open", this.#path(path), this.#root());
      return inode instanceof Directory ? inode.names() : refuse("open", "ENOTDIR", path);
    });
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#call("lstat", path, () => {
      const { tree } = this.#machine;
      const place = tree.find(this.#path(path), { ...this.#root(), follow: false });
      return place === undefined ? undefined : tree.stat(place);
    });
  }

  fsync(path: string): Promise<void> {
    return this.#call("fsync", path, () => {
      const { inode } = this.#machine.tree.resolve("fsync", this.#path(path), this.#root());
      inode.fileSystem.syncFile(inode);
    });
  }

  changeRoot(path: string): Promise<void> {
    return this.#call("pivot_root", path, () => {
      const place = this.#machine.tree.resolve("pivot_root", this.#path(path), this.#root());
      if (!(place.inode instanceof Directory)) refuse("pivot_root", "ENOTDIR", path);
      this.#process.root = place;
      this.#process.cwd = "/";
    });
  }

  mount(source: string, target: string, type: string, options: readonly string[]): Promise<void> {
    return this.#call("mount", [source, target], () => {
      this.#machine.tree.mount("mount", source, this.#path(target), type, options);
    });
  }

  unmount(target: string): Promise<void> {
    return this.#call("umount2", target, () => {
      this.#machine.unmount("umount2", this.#path(target));
    });
  }

  // Namespaces and cgroups.

  unshare(kinds: readonly NamespaceKind[]): Promise<void> {
    return this.#call("unshare", kinds, () => {
      const { namespaces, processes } = this.#machine;
      const made = Object.fromEntries(kinds.map((kind) => [kind, namespaces.make(kind)]));
      processes.setNamespaces(this.#process, made);
    });
  }

  setHostname(name: string): Promise<void> {
    return this.#call("sethostname", name, () => {
      this.#process.namespaces.uts.hostname = name;
    });
  }

  bindNamespace(kind: NamespaceKind, path: string): Promise<void> {
    return this.#call("mount", [`/proc/self/ns/${kind}`, path], () => {
      this.#machine.pin("mount", this.#process.namespaces[kind], this.#path(path));
    });
  }

  isPin(path: string): Promise<boolean> {
    return this.#call(
      "statfs",
      path,
      () => this.#machine.tree.find(this.#path(path))?.inode.namespace !== undefined,
    );
  }

  joinPath(kind: NamespaceKind, path: string): Promise<void> {
    return this.#call("setns", [kind, path], () => {
      const namespace = this.#namespaceAt("setns", path);
      if (namespace.kind !== kind) refuse("setns", "EINVAL", path);
      // Entering a PID namespace is for the children (man 2 setns); runc's init is such a child.
      this.#machine.processes.setNamespaces(this.#process, { [kind]: namespace });
    });
  }

  joinProcess(pid: number): Promise<void> {
    return this.#call("setns", `/proc/${pid}/ns`, () => {
      const target = this.#machine.processes.get(pid);
      // Nothing enters a PID namespace whose init is dying (man 7 pid_namespaces).
      if (target?.state !== "alive") return refuse("setns", "ESRCH", String(pid));
      this.#machine.processes.setNamespaces(this.#process, target.namespaces);
      this.#process.root = target.root;
    });
  }

  cgroupCreate(path: string): Promise<void> {
    return this.#call("mkdir", `cgroup ${path}`, () => {
      this.#machine.cgroups.create(path);
    });
  }

  cgroupMove(path: string, pid: number): Promise<void> {
    return this.#call("write", [`cgroup.procs of ${path}`, String(pid)], () => {
      const group = this.#machine.cgroups.find(path) ?? refuse("open", "ENOENT", path);
      const target = this.#machine.processes.get(pid);
      if (target === undefined || !target.isAlive) return refuse("write", "ESRCH", path);
      return this.#machine.cgroups.move(target, group);
    });
  }

  cgroupProcesses(path: string): Promise<readonly number[]> {
    return this.#call(
      "readFile",
      `cgroup.procs of ${path}`,
      () => this.#machine.cgroups.find(path)?.allProcesses().map((it) => it.pid) ?? [],
    );
  }

  cgroupRemove(path: string): Promise<void> {
    return this.#call("rmdir", `cgroup ${path}`, () => {
      this.#machine.cgroups.remove("rmdir", path);
    });
  }

  setContainer(role: ContainerRole): void {
    this.#process.container = role;
    if (role.role === "init") this.#machine.inits.set(role.containerId, this.#process);
    this.#process.hasExecuted = false;
  }

  exhaustMemory(): Promise<void> {
    return this.#call("brk", undefined, () => {
      this.#machine.oomKill(this.#process.cgroup.path, this.#process);
    });
  }

  network<T>(path: string, change: (network: NetworkSys) => T): Promise<T> {
    return this.#call("netlink", path, () => {
      const { interfaces } = this.#namespaceAt("open", path);
      return change({
        has: (name) => interfaces.has(name),
        add: (name, addresses) =>
          void interfaces.set(name, { name, addresses: [...addresses], isUp: true }),
        setUp: (name) => {
          const found = interfaces.get(name) ?? refuse("netlink", "ENODEV", name);
          found.isUp = true;
        },
        remove: (name) => void interfaces.delete(name),
      });
    });
  }

  #namespaceAt(verb: string, path: string): Namespace {
    const { inode } = this.#machine.tree.resolve(verb, this.#path(path));
    return inode.namespace ?? refuse(verb, "EINVAL", path);
  }

  #make(
    verb: string,
    path: string,
    make: (fileSystem: Directory["home"]) => Inode,
  ): Promise<void> {
    return this.#call(verb, path, () => {
      const { tree } = this.#machine;
      const at = tree.vacancyAt(verb, this.#path(path), this.#process.root);
      tree.link(verb, at, make(at.parent.inode.home));
    });
  }

  #fileAt(verb: string, path: string): Inode {
    const { inode } = this.#machine.tree.resolve(verb, this.#path(path), this.#root());
    return inode.kind === "directory" ? refuse(verb, "EISDIR", path) : inode;
  }

  #hasChild(pid: number | undefined): boolean {
    if (pid === undefined) return this.#process.children.size > 0;
    for (const child of this.#process.children) if (child.pid === pid) return true;
    return false;
  }

  #replaceFiles(child: Process, files: Readonly<Record<number, number>>): void {
    const inherited = new Map(child.files);
    child.files.clear();
    for (const [to, from] of Object.entries(files)) {
      const file = inherited.get(from) ?? refuse("dup2", "EBADF", String(from));
      child.files.set(Number(to), file.share());
    }
    for (const file of inherited.values()) file.close();
  }

  #recordExecution(): void {
    const process = this.#process;
    if (process.container === undefined || process.hasExecuted) return;
    process.hasExecuted = true;
    this.#machine.executions.push({
      ...process.container,
      pid: process.pid,
      args: process.args,
      realtimeMicros: this.realtimeMicros(),
    });
  }

  #file(verb: string, fd: number): OpenFile {
    return this.#process.files.get(fd) ?? refuse(verb, "EBADF", String(fd));
  }

  #addFile(file: OpenFile): number {
    this.#process.files.delete(HALF_OPEN);
    let fd = 0;
    while (this.#process.files.has(fd)) fd++;
    this.#process.files.set(fd, file);
    return fd;
  }

  #path(path: string): string {
    if (path.startsWith("/")) return path;
    return this.#process.cwd === "/" ? `/${path}` : `${this.#process.cwd}/${path}`;
  }

  #root(): ResolveOptions {
    return this.#process.root === undefined ? FOLLOW : { root: this.#process.root };
  }

  #call<T>(verb: string, subject: unknown, effect: (step: Step) => T | typeof AGAIN): Promise<T> {
    const process = this.#process;
    // What a dead process still asks for is never answered.
    if (process.state !== "alive") return new Promise(() => {});
    const fault = this.#machine.programFaults?.atSystemCall(process.task.name);
    if (fault !== undefined) return this.#misbehave(fault, verb, subject, effect);
    return this.#machine.scheduler.call<T>(process.task, process, verb, subject, effect);
  }

  async #misbehave<T>(
    fault: { readonly kind: string; readonly slowMs?: number },
    verb: string,
    subject: unknown,
    effect: (step: Step) => T | typeof AGAIN,
  ): Promise<T> {
    const { scheduler } = this.#machine;
    const process = this.#process;
    switch (fault.kind) {
      case "hang":
        this.#machine.hang(process);
        return await new Promise(() => {});
      case "kill":
        this.#machine.processes.signal(process, SIGKILL);
        return await new Promise(() => {});
      default:
        await new Promise<void>((resolve) =>
          void scheduler.after(process.task, process, (fault.slowMs ?? 0) * 1_000, resolve)
        );
        return await scheduler.call<T>(process.task, process, verb, subject, effect);
    }
  }

  #callWhen<T>(
    verb: string,
    subject: unknown,
    queues: WaitQueue | readonly WaitQueue[],
    when: () => boolean,
    effect: (step: Step) => T | typeof AGAIN,
  ): Promise<T> {
    const process = this.#process;
    if (process.state !== "alive") return new Promise(() => {});
    return this.#machine.scheduler.callWhen<T>(
      process.task,
      process,
      verb,
      subject,
      queues,
      when,
      effect,
    );
  }
}

/** Opens an end of a fifo (man 7 fifo); undefined: nobody reads, and it would not wait for that. */
function openFifo(
  pipe: Pipe,
  mode: OpenMode,
  options: OpenOptions,
):
  | { readonly end: OpenFile; readonly isOpen: boolean; readonly hasPartner: () => boolean }
  | undefined {
  const isNonblocking = options.isNonblocking ?? false;
  const { readerOpens, writerOpens } = pipe;
  if (mode === "read") {
    const hadWriter = pipe.writers > 0;
    pipe.openReader();
    const before = hadWriter ? -1 : writerOpens;
    return {
      end: new OpenFile("reader", pipe, undefined, isNonblocking, false, before),
      isOpen: hadWriter || isNonblocking,
      hasPartner: () => pipe.writerOpens !== writerOpens,
    };
  }
  if (pipe.readers === 0 && isNonblocking) return undefined;
  const isOpen = pipe.readers > 0;
  pipe.openWriter();
  const end = new OpenFile("writer", pipe, undefined, isNonblocking);
  return { end, isOpen, hasPartner: () => pipe.readerOpens !== readerOpens };
}

function isErrno(error: unknown): error is Error & { readonly errno: string } {
  return error instanceof Error && error.name === "KernelError";
}

function ignoreAbsent(error: unknown): void {
  if (!isErrno(error) || error.errno !== "ENOENT") throw error;
}

function ignoreAbsentList(error: unknown): readonly string[] {
  ignoreAbsent(error);
  return [];
}
