import { basename } from "@std/path";

import type { FifoReader, Files } from "../kernel/files.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ChildProcess, Processes, ProcessHandle } from "../kernel/processes.ts";
import { spanned, type Telemetry } from "../telemetry.ts";

/** What a span of the kernel's calls says of itself. */
const CALL = { kernel: true };
/** Of a call that does nothing but wait until something happens elsewhere. */
const WAIT = { kernel: true, wait: true };

/** A kernel of whose every call there is a span, named after what it asks for: "spawn runc", "commit". */
export function tracedKernel(kernel: Kernel, telemetry: Telemetry): Kernel {
  const on: On = (name, call) => spanned(telemetry, name, CALL, call);
  const until: On = (name, call) => spanned(telemetry, name, WAIT, call);
  const { name, machine, clock, random, mounts, namespaces, cgroups, store } = kernel;
  return {
    ...{ name, machine, clock, random },
    processes: tracedProcesses(kernel.processes, on, until),
    files: tracedFiles(kernel.files, on, until),
    mounts: {
      mount: (source, target, options) =>
        on(`mount ${options.type}`, () => mounts.mount(source, target, options)),
      unmount: (target) => on("unmount", () => mounts.unmount(target)),
      list: (...paths) => on("list mounts", () => mounts.list(...paths)),
      sharing: (path) => on("look at mount", () => mounts.sharing(path)),
    },
    namespaces: {
      pin: (...given) => on("pin namespaces", () => namespaces.pin(...given)),
      pinOf: (process, kind, path) =>
        on("pin namespace", () => namespaces.pinOf(process, kind, path)),
      unpin: (path) => on("unpin namespace", () => namespaces.unpin(path)),
      isPinned: (path) => on("look for pin", () => namespaces.isPinned(path)),
      interfaces: (path, process) =>
        on("read interfaces", () => namespaces.interfaces(path, process)),
    },
    cgroups: {
      create: (path) => on("create cgroup", () => cgroups.create(path)),
      processes: (path) => on("list cgroup", () => cgroups.processes(path)),
      kill: (path) => on("kill cgroup", () => cgroups.kill(path)),
      remove: (path) => on("remove cgroup", () => cgroups.remove(path)),
      expectMove: () => cgroups.expectMove(),
      cpuset: (path) => on("read cpuset", () => cgroups.cpuset(path)),
      oomKills: (path) => on("count OOM kills", () => cgroups.oomKills(path)),
      usage: (path) => on("read usage", () => cgroups.usage(path)),
      processCount: (path) => on("count processes", () => cgroups.processCount(path)),
    },
    store: {
      load: () => on("load records", () => store.load()),
      commit: (changes, survives) => on("commit", () => store.commit(changes, survives)),
      sync: () => on("sync store", () => store.sync()),
    },
  };
}

/** Does a call inside a span. */
type On = <T>(name: string, call: () => Promise<T>) => Promise<T>;

function tracedProcesses(processes: Processes, on: On, until: On): Processes {
  return {
    async spawn(command, options) {
      const program = basename(command.program);
      const child = await on(`spawn ${program}`, () => processes.spawn(command, options));
      return tracedChild(child, program, on, until);
    },
    async open(process) {
      return tracedHandle(await on("open pidfd", () => processes.open(process)), on, until);
    },
    list: () => on("list processes", () => processes.list()),
    environment: (process) => on("read environment", () => processes.environment(process)),
  };
}

function tracedChild(child: ChildProcess, program: string, on: On, until: On): ChildProcess {
  return {
    identity: child.identity,
    exited: (context) => until(`exit of ${program}`, () => child.exited(context)),
    outputEnded: (context) => until(`output of ${program}`, () => child.outputEnded(context)),
    output: () => child.output(),
    // A span for each piece of a stream would say nothing that the length of the whole does not.
    streams: child.streams,
    signal: (signal) => on(`signal ${program}`, () => child.signal(signal)),
    sendPipe: (fd, data) => on(`write to ${program}`, () => child.sendPipe(fd, data)),
    writePipe: (fd, data) => on(`write to ${program}`, () => child.writePipe(fd, data)),
    readPipeLine: (fd, context) =>
      until(`answer of ${program}`, () => child.readPipeLine(fd, context)),
    [Symbol.dispose]: () => child[Symbol.dispose](),
  };
}

function tracedHandle(handle: ProcessHandle, on: On, until: On): ProcessHandle {
  return {
    identity: handle.identity,
    exited: (context) => until("exit of process", () => handle.exited(context)),
    signal: (signal) => on("signal process", () => handle.signal(signal)),
    [Symbol.dispose]: () => handle[Symbol.dispose](),
  };
}

function tracedFiles(files: Files, on: On, until: On): Files {
  return {
    readFile: (path, bytesMax) => on("read file", () => files.readFile(path, bytesMax)),
    writeFile: (path, content, mode) =>
      on("write file", () => files.writeFile(path, content, mode)),
    mkdir: (path, mode) => on("mkdir", () => files.mkdir(path, mode)),
    remove: (...paths) => on("remove file", () => files.remove(...paths)),
    rename: (from, to) => on("rename file", () => files.rename(from, to)),
    symlink: (target, path) => on("symlink", () => files.symlink(target, path)),
    stat: (path) => on("stat", () => files.stat(path)),
    list: (path) => on("list folder", () => files.list(path)),
    resolveInRoot: (root, path) => on("resolve path", () => files.resolveInRoot(root, path)),
    usage: (path) => on("disk usage", () => files.usage(path)),
    usageOfEach: (paths, context) => on("disk usage", () => files.usageOfEach(paths, context)),
    syncFileSystem: (path) => on("sync file system", () => files.syncFileSystem(path)),
    async openFifo(path) {
      return tracedFifo(await on("open fifo", () => files.openFifo(path)), on, until);
    },
    writeFifo: (path, content) => on("write fifo", () => files.writeFifo(path, content)),
    connect: (path) => on("connect", () => files.connect(path)),
    async watch(directory, watched) {
      const watch = await on("watch folder", () => files.watch(directory, watched));
      return {
        next: (context) => until("change in folder", () => watch.next(context)),
        [Symbol.dispose]: () => watch[Symbol.dispose](),
      };
    },
  };
}

function tracedFifo(fifo: FifoReader, on: On, until: On): FifoReader {
  return {
    read: (context) => until("data in fifo", () => fifo.read(context)),
    tryRead: () => on("read fifo", () => fifo.tryRead()),
    [Symbol.dispose]: () => fifo[Symbol.dispose](),
  };
}
