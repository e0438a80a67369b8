import type { Context } from "../../src/kernel/context.ts";
import type {
  ChildProcess,
  ChildStreams,
  Command,
  ExitStatus,
  ProcessEntry,
  Processes,
  ProcessHandle,
  ProcessIdentity,
  ProgramOutput,
  SpawnOptions,
} from "../../src/kernel/processes.ts";
import { concat, toBytes, toText } from "../world/content.ts";
import { refusal, refuse } from "../world/errors.ts";
import { OpenFile } from "../world/open_file.ts";
import { Pipe } from "../world/pipe.ts";
import type { Process } from "../world/process.ts";
import type { Life } from "./life.ts";
import { PipeSink, PipeSource } from "./streams.ts";

const NEWLINE = 10;

/** The port's processes, as one life of the daemon has them. */
export class SimProcesses implements Processes {
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  spawn(command: Command, options: SpawnOptions): Promise<ChildProcess> {
    const { machine } = this.#life;
    const caller = this.#life.task;
    return this.#life.call<ChildProcess>("processes.spawn", command, () => {
      const env = { PATH: this.#life.process.env.PATH ?? "", ...command.env };
      if (env.PATH === "") delete (env as { PATH?: string }).PATH;
      const program = machine.findProgram("spawn", command.program, command.args, {
        root: undefined,
        env,
      });
      const cwd = command.cwd ?? "/";
      machine.tree.resolve("spawn", cwd);
      const name = [command.program, ...command.args].join(" ");
      const task = machine.scheduler.newTask(name, { parent: caller });
      const process = machine.processes.fork("spawn", this.#life.process, task);
      for (const file of process.files.values()) file.close();
      process.files.clear();
      process.args = [command.program, ...command.args];
      process.env = env;
      process.cwd = cwd;
      process.dispositions.clear();
      const child = new SimChild(this.#life, process, command.program, options);
      machine.start(process, program);
      return child;
    }, true);
  }

  open(process: number | ProcessIdentity): Promise<ProcessHandle> {
    const { processes } = this.#life.machine;
    const pid = typeof process === "number" ? process : process.pid;
    return this.#life.call<ProcessHandle>("processes.open", pid, () => {
      const found = typeof process === "number" ? processes.get(pid) : processes.find(process);
      if (found === undefined || !found.isAlive) return refusal("open", "ESRCH", String(pid));
      return new SimHandle(this.#life, found);
    });
  }

  list(): Promise<readonly ProcessEntry[]> {
    return this.#life.call(
      "processes.list",
      undefined,
      () => this.#life.machine.processes.alive().map(entryOf),
    );
  }

  environment(process: ProcessIdentity): Promise<Readonly<Record<string, string>>> {
    return this.#life.call("processes.environment", process.pid, () => {
      const found = this.#life.machine.processes.find(process);
      return found?.isAlive ? found.env : {};
    });
  }
}

function entryOf({ pid, startTime, parent, args }: Process): ProcessEntry {
  return { pid, startTime, parentPid: parent?.pid ?? 0, args };
}

class SimChild implements ChildProcess {
  readonly identity: ProcessIdentity;
  readonly streams: SimStreams | undefined;
  readonly #life: Life;
  readonly #process: Process;
  readonly #name: string;
  readonly #stdout: Collector;
  readonly #stderr: Collector;
  readonly #writers: Map<number, OpenFile> = new Map();
  readonly #readers: Map<number, OpenFile> = new Map();
  #isDisposed = false;

  constructor(life: Life, process: Process, name: string, options: SpawnOptions) {
    this.#life = life;
    this.#process = process;
    this.#name = name;
    this.identity = process.identity;
    this.#stdout = new Collector(options.outputBytesMax);
    this.#stderr = new Collector(options.outputBytesMax);
    if (options.isStreamed) this.streams = connect(life, process, name);
    else {
      process.files.set(0, stdinOf(options));
      process.files.set(1, this.#stdout.writer());
      process.files.set(2, this.#stderr.writer());
    }
    for (const fd of options.childReads ?? []) {
      const pipe = new Pipe();
      process.files.set(fd, OpenFile.reader(pipe));
      this.#writers.set(fd, OpenFile.writer(pipe));
    }
    for (const fd of options.childWrites ?? []) {
      const pipe = new Pipe();
      process.files.set(fd, OpenFile.writer(pipe));
      this.#readers.set(fd, OpenFile.reader(pipe));
    }
    life.hold(this, `child ${name}`);
  }

  exited(context: Context): Promise<ExitStatus> {
    const process = this.#process;
    return this.#life.waitCall(
      "child.exited",
      this.#name,
      context,
      process.changed,
      () => process.isReaped,
      () => process.exitStatus as ExitStatus,
    );
  }

  outputEnded(context: Context): Promise<void> {
    return this.#life.waitCall(
      "child.outputEnded",
      this.#name,
      context,
      [this.#stdout.pipe.changed, this.#stderr.pipe.changed],
      () => this.#stdout.hasEnded && this.#stderr.hasEnded,
      () => undefined,
    );
  }

  output(): ProgramOutput {
    return {
      stdout: this.#stdout.bytes(),
      stderr: this.#stderr.bytes(),
      isTruncated: this.#stdout.isTruncated || this.#stderr.isTruncated,
    };
  }

  signal(signal: number): Promise<void> {
    return this.#life.call("child.signal", [this.#name, String(signal)], () => {
      if (!this.#process.isAlive) refuse("signal", "ESRCH", this.#name);
      this.#life.machine.processes.signal(this.#process, signal, this.#life.process);
    }, true);
  }

  sendPipe(fd: number, data: string): Promise<void> {
    return this.#life.call("child.sendPipe", [this.#name, String(fd), data], () => {
      const pipe = this.#writers.get(fd)?.pipe;
      if (pipe === undefined) return refuse("sendPipe", "EBADF", String(fd));
      return pipe.readers > 0 ? pipe.write(toBytes(data)) : refuse("sendPipe", "EPIPE", this.#name);
    });
  }

  writePipe(fd: number, data: string): Promise<void> {
    return this.#life.call("child.writePipe", [this.#name, String(fd), data], () => {
      const file = this.#writers.get(fd);
      this.#writers.delete(fd);
      if (file === undefined) return refuse("writePipe", "EBADF", String(fd));
      const isHeard = (file.pipe?.readers ?? 0) > 0;
      if (isHeard) file.pipe?.write(toBytes(data));
      file.close();
      return isHeard ? undefined : refuse("writePipe", "EPIPE", this.#name);
    });
  }

  readPipeLine(fd: number, context: Context): Promise<string> {
    const file = this.#readers.get(fd);
    const pipe = file?.pipe;
    return this.#life.waitCall(
      "child.readPipeLine",
      [this.#name, String(fd)],
      context,
      pipe?.changed ?? [],
      () => pipe === undefined || pipe.writers === 0 || pipe.includes(NEWLINE),
      () =>
        pipe === undefined
          ? refuse("readPipeLine", "EBADF", String(fd))
          : toText(pipe.readThrough(NEWLINE)),
    );
  }

  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#life.forget(this);
    this.#stdout.close();
    this.#stderr.close();
    this.streams?.stdin.end();
    this.streams?.stdout.close();
    this.streams?.stderr.close();
    for (const file of [...this.#writers.values(), ...this.#readers.values()]) file.close();
    this.#writers.clear();
    this.#readers.clear();
  }
}

interface SimStreams extends ChildStreams {
  readonly stdin: PipeSink;
  readonly stdout: PipeSource;
  readonly stderr: PipeSource;
}

/** Pipes for all of a program's standard streams. */
function connect(life: Life, process: Process, name: string): SimStreams {
  const [stdin, stdout, stderr] = [new Pipe(), new Pipe(), new Pipe()];
  process.files.set(0, OpenFile.reader(stdin));
  process.files.set(1, OpenFile.writer(stdout));
  process.files.set(2, OpenFile.writer(stderr));
  return {
    stdin: new PipeSink(life, `${name} 0`, stdin),
    stdout: new PipeSource(life, `${name} 1`, stdout),
    stderr: new PipeSource(life, `${name} 2`, stderr),
  };
}

class SimHandle implements ProcessHandle {
  readonly identity: ProcessIdentity;
  readonly #life: Life;
  readonly #process: Process;

  constructor(life: Life, process: Process) {
    this.#life = life;
    this.#process = process;
    this.identity = process.identity;
    life.hold(this, `pidfd ${process.pid}`);
  }

  exited(context: Context): Promise<void> {
    const process = this.#process;
    return this.#life.waitCall(
      "handle.exited",
      process.pid,
      context,
      process.changed,
      () => !process.isAlive,
      () => undefined,
    );
  }

  signal(signal: number): Promise<void> {
    return this.#life.call("handle.signal", [String(this.#process.pid), String(signal)], () => {
      if (!this.#process.isAlive) refuse("signal", "ESRCH", String(this.#process.pid));
      this.#life.machine.processes.signal(this.#process, signal, this.#life.process);
    }, true);
  }

  [Symbol.dispose](): void {
    this.#life.forget(this);
  }
}

/** Reads one output of a child all the time and keeps the first part of it. */
class Collector {
  readonly pipe: Pipe;
  readonly #reader: OpenFile;
  readonly #bytesMax: number;
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  isTruncated = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.pipe = new Pipe((bytes) => this.#keep(bytes));
    this.#reader = OpenFile.reader(this.pipe);
  }

  writer(): OpenFile {
    return this.#bytesMax === 0 ? OpenFile.null() : OpenFile.writer(this.pipe);
  }

  get hasEnded(): boolean {
    return this.pipe.writers === 0;
  }

  bytes(): Uint8Array {
    return this.#chunks.length === 0 ? new Uint8Array(0) : concat(this.#chunks);
  }

  close(): void {
    this.#chunks = [];
    this.#reader.close();
  }

  #keep(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, this.#bytesMax - this.#sizeBytes);
    if (kept.length < bytes.length) this.isTruncated = true;
    if (kept.length === 0) return;
    this.#sizeBytes += kept.length;
    this.#chunks.push(kept.slice());
  }
}

/** A pipe that holds everything already: the caller's write cannot block, as an adapter's cannot. */
function stdinOf(options: SpawnOptions): OpenFile {
  if (options.stdin === undefined) return OpenFile.null();
  const pipe = new Pipe();
  const reader = OpenFile.reader(pipe);
  const writer = OpenFile.writer(pipe);
  pipe.write(toBytes(options.stdin));
  writer.close();
  return reader;
}
