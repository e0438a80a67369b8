import { assert } from "@std/assert";
import { Context, waitFor } from "../src/kernel/context.ts";
import { KernelError } from "../src/kernel/errno.ts";
import {
  type ChildProcess,
  type ChildStreams,
  type Command,
  type ExitStatus,
  type ProcessIdentity,
  type ProgramOutput,
  SIGKILL,
  type SpawnOptions,
} from "../src/kernel/processes.ts";
import { closeFd, libc } from "./libc.ts";
import { pidfdOpen, pidfdSignal } from "./pidfd.ts";
import {
  inputFile,
  LineReader,
  makePipe,
  OutputCapture,
  writeAndClose,
  writeText,
} from "./pipes.ts";
import type { Poller } from "./poller.ts";
import { statOf } from "./proc.ts";
import { awaitKilled, reap } from "./reap.ts";
import { spawnProgram } from "./spawn.ts";
import { FdSink, FdSource } from "./streams.ts";

/** What a child is started with, beside its options. */
export interface ChildCommand extends Command {
  /** Where the program is. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a program, connected as `options` ask for.
 *
 * @param place its place among the programs that are starting: disposed once it has ended, or whoever started
 * it is done with it, or has read something of it as it is streamed: idempotent
 * @throws {KernelError} as {@linkcode spawnProgram} does; EMFILE. The place is the caller's then.
 */
export async function startChild(
  command: ChildCommand,
  options: SpawnOptions,
  poller: Poller,
  place: Disposable,
): Promise<Child> {
  const ends = new Ends();
  try {
    if (options.stdin !== undefined) ends.theirs.set(0, inputFile(options.stdin));
    const isStreamed = options.isStreamed ?? false;
    const written = options.outputBytesMax === 0 && !isStreamed ? [] : [1, 2];
    for (const fd of [...isStreamed ? [0] : [], ...options.childReads ?? []]) {
      ends.add(fd, "they read");
    }
    for (const fd of [...written, ...options.childWrites ?? []]) ends.add(fd, "they write");
    const pid = await spawnProgram({
      file: command.file,
      args: [command.file, ...command.args],
      env: command.env,
      cwd: command.cwd,
      isSession: options.detached ?? false,
      descriptors: ends.theirs,
    });
    return new Child(hold(pid), ends.ours, options, poller, place);
  } catch (error) {
    for (const fd of ends.ours.values()) closeFd(fd);
    throw error;
  } finally {
    for (const fd of ends.theirs.values()) closeFd(fd);
  }
}

/** The ends of the pipes to a program, by its own number for each. */
class Ends {
  readonly ours = new Map<number, number>();
  readonly theirs = new Map<number, number>();

  add(fd: number, direction: "they read" | "they write"): void {
    const { ours, theirs } = makePipe(direction);
    this.ours.set(fd, ours);
    this.theirs.set(fd, theirs);
  }
}

/** A child of ours that is not reaped yet, so that its pid is its own even if it has ended. */
interface Held {
  readonly identity: ProcessIdentity;
  readonly pidfd: number;
}

/** Takes hold of a new child. One that cannot be held (EMFILE) would never be reaped: it is ended. */
function hold(pid: number): Held {
  let pidfd: number | undefined;
  try {
    pidfd = pidfdOpen(pid);
    return { identity: { pid, startTime: statOf(pid)?.startTime ?? 0 }, pidfd };
  } catch (error) {
    if (pidfd !== undefined) closeFd(pidfd);
    libc().kill(pid, SIGKILL);
    awaitKilled(pid);
    throw error;
  }
}

interface RealStreams extends ChildStreams {
  readonly stdin: FdSink;
  readonly stdout: FdSource;
  readonly stderr: FdSource;
}

/** @param onBytes the program has said something */
function streamsOf(
  ends: ReadonlyMap<number, number>,
  poller: Poller,
  onBytes: () => void,
): RealStreams {
  const [stdin, stdout, stderr] = [ends.get(0), ends.get(1), ends.get(2)];
  assert(stdin !== undefined && stdout !== undefined && stderr !== undefined, "streams are piped");
  return {
    stdin: new FdSink(stdin, poller),
    stdout: new FdSource(stdout, poller, onBytes),
    stderr: new FdSource(stderr, poller, onBytes),
  };
}

/** A program that was started by us, which we reap. */
export class Child implements ChildProcess {
  readonly identity: ProcessIdentity;
  readonly #pidfd: number;
  readonly #poller: Poller;
  readonly #place: Disposable;
  readonly #status: Promise<ExitStatus>;
  readonly #stdout: OutputCapture | undefined;
  readonly #stderr: OutputCapture | undefined;
  readonly streams: RealStreams | undefined;
  /** Our ends of pipes that were not written yet. */
  readonly #writers = new Map<number, number>();
  readonly #readers = new Map<number, LineReader>();
  readonly #closed = Promise.withResolvers<never>();
  #isReaped = false;
  #isDisposed = false;

  constructor(
    { identity, pidfd }: Held,
    ends: ReadonlyMap<number, number>,
    options: SpawnOptions,
    poller: Poller,
    place: Disposable,
  ) {
    this.identity = identity;
    this.#pidfd = pidfd;
    this.#poller = poller;
    this.#place = place;
    this.#status = this.#awaitExit();
    this.#status.catch(() => {});
    this.#closed.promise.catch(() => {});
    if (options.isStreamed) {
      this.streams = streamsOf(ends, poller, () => place[Symbol.dispose]());
    }
    for (const [fd, ours] of ends) {
      if (this.streams !== undefined && fd <= 2) continue;
      if (options.childReads?.includes(fd)) this.#writers.set(fd, ours);
      else if (fd === 1) this.#stdout = new OutputCapture(ours, options.outputBytesMax, poller);
      else if (fd === 2) this.#stderr = new OutputCapture(ours, options.outputBytesMax, poller);
      else this.#readers.set(fd, new LineReader(ours, poller));
    }
  }

  async exited(context: Context): Promise<ExitStatus> {
    return await waitFor(this.#status, context);
  }

  async outputEnded(context: Context): Promise<void> {
    const ended = Promise.all([this.#stdout?.ended, this.#stderr?.ended]);
    await waitFor(Promise.race([ended, this.#closed.promise]), context);
  }

  output(): ProgramOutput {
    return {
      stdout: this.#stdout?.bytes() ?? new Uint8Array(),
      stderr: this.#stderr?.bytes() ?? new Uint8Array(),
      isTruncated: (this.#stdout?.isTruncated ?? false) || (this.#stderr?.isTruncated ?? false),
    };
  }

  // deno-lint-ignore require-await
  async signal(signal: number): Promise<void> {
    this.#assertOpen("signal");
    pidfdSignal(this.#pidfd, this.identity.pid, signal);
  }

  // deno-lint-ignore require-await
  async sendPipe(fd: number, data: string): Promise<void> {
    this.#assertOpen("write");
    const writer = this.#writers.get(fd);
    assert(writer !== undefined, `descriptor ${fd} is a pipe that the program reads`);
    writeText(writer, `pipe ${fd} of pid ${this.identity.pid}`, data);
  }

  // deno-lint-ignore require-await
  async writePipe(fd: number, data: string): Promise<void> {
    this.#assertOpen("write");
    const writer = this.#writers.get(fd);
    assert(writer !== undefined, `descriptor ${fd} is a pipe that the program reads`);
    this.#writers.delete(fd);
    writeAndClose(writer, `pipe ${fd} of pid ${this.identity.pid}`, data);
  }

  async readPipeLine(fd: number, context: Context): Promise<string> {
    this.#assertOpen("read");
    const reader = this.#readers.get(fd);
    assert(reader !== undefined, `descriptor ${fd} is a pipe that the program writes`);
    return await reader.line(context);
  }

  /** The pidfd stays until the program has ended: somebody has to reap it. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#place[Symbol.dispose]();
    this.#closed.reject(this.#closedError("read"));
    for (const fd of this.#writers.values()) closeFd(fd);
    for (const reader of this.#readers.values()) reader[Symbol.dispose]();
    this.#stdout?.[Symbol.dispose]();
    this.#stderr?.[Symbol.dispose]();
    for (const stream of Object.values(this.streams ?? {})) stream[Symbol.dispose]();
    if (this.#isReaped) closeFd(this.#pidfd);
  }

  /** Ends without a status when the kernel is disposed: who was started then outlives the daemon. */
  async #awaitExit(): Promise<ExitStatus> {
    try {
      await this.#poller.readable(this.#pidfd, Context.background());
      return reap(this.#pidfd);
    } finally {
      this.#isReaped = true;
      this.#place[Symbol.dispose]();
      if (this.#isDisposed) closeFd(this.#pidfd);
    }
  }

  #assertOpen(verb: string): void {
    if (this.#isDisposed) throw this.#closedError(verb);
  }

  #closedError(verb: string): KernelError {
    return new KernelError(verb, "EBADF", `pid ${this.identity.pid}`, { detail: "disposed" });
  }
}
