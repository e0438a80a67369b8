import type { ChildProcess as NodeChild } from "node:child_process";
import os from "node:os";
import type { Readable, Writable } from "node:stream";
import { assert } from "@std/assert";
import { type Context, waitFor } from "../src/kernel/context.ts";
import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import type {
  ChildProcess,
  ExitStatus,
  ProcessIdentity,
  ProgramOutput,
  SpawnOptions,
} from "../src/kernel/processes.ts";
import { asKernelError } from "./errno.ts";
import { closeFd } from "./libc.ts";
import { expectLostExit } from "./lost_exit.ts";
import { LineReader, OutputCapture } from "./pipes.ts";
import { pidfdOpen, pidfdSignal } from "./pidfd.ts";
import { statOf } from "./proc.ts";

/** A program that Node started. To be made in the turn of the event loop that spawned it. */
export class Child implements ChildProcess {
  readonly identity: ProcessIdentity;
  readonly #node: NodeChild;
  readonly #status: Promise<ExitStatus>;
  readonly #stdout: OutputCapture | undefined;
  readonly #stderr: OutputCapture | undefined;
  readonly #writers = new Map<number, Writable>();
  readonly #readers = new Map<number, LineReader>();
  readonly #closed = Promise.withResolvers<never>();
  /** Undefined once closed: the number may be another file's by then. */
  #pidfd: number | undefined;

  constructor(node: NodeChild, options: SpawnOptions) {
    assert(node.pid !== undefined, "program has a pid");
    this.#node = node;
    // Nobody has reaped it before this turn ends, so the pid is its own even if it has ended.
    this.#pidfd = pidfdOpen(node.pid);
    this.identity = { pid: node.pid, startTime: statOf(node.pid)?.startTime ?? 0 };
    this.#status = this.#exit(node);
    this.#closed.promise.catch(() => {});
    const { outputBytesMax } = options;
    if (node.stdout !== null) this.#stdout = new OutputCapture(node.stdout, outputBytesMax);
    if (node.stderr !== null) this.#stderr = new OutputCapture(node.stderr, outputBytesMax);
    for (const fd of options.childReads ?? []) this.#writers.set(fd, writable(node, fd));
    for (const fd of options.childWrites ?? []) {
      this.#readers.set(fd, new LineReader(node.stdio[fd] as Readable));
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
    if (this.#pidfd === undefined) throw this.#closedError("signal");
    pidfdSignal(this.#pidfd, this.identity.pid, signal);
  }

  async writePipe(fd: number, data: string): Promise<void> {
    const writer = this.#writers.get(fd);
    assert(writer !== undefined, `descriptor ${fd} is a pipe that the program reads`);
    if (this.#pidfd === undefined) throw this.#closedError("write");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    writer.once("error", reject);
    writer.end(data, (error?: Error | null) => error ? reject(error) : resolve());
    try {
      await Promise.race([promise, this.#closed.promise]);
    } catch (cause) {
      const subject = `pipe ${fd} of pid ${this.identity.pid}`;
      if (isClosedByPeer(cause)) throw new KernelError("write", "EPIPE", subject, { cause });
      throw asKernelError("write", subject, cause);
    }
  }

  async readPipeLine(fd: number, context: Context): Promise<string> {
    const reader = this.#readers.get(fd);
    assert(reader !== undefined, `descriptor ${fd} is a pipe that the program writes`);
    return await Promise.race([reader.line(context), this.#closed.promise]);
  }

  [Symbol.dispose](): void {
    if (this.#pidfd === undefined) return;
    this.#closed.reject(this.#closedError("read"));
    closeFd(this.#pidfd);
    this.#pidfd = undefined;
    this.#stdout?.forget();
    this.#stderr?.forget();
    release(this.#node);
  }

  #exit(node: NodeChild): Promise<ExitStatus> {
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    const lost = expectLostExit({
      isReaped: () => this.#isReaped(),
      settle: (signal) => resolve({ kind: "signaled", signal }),
    });
    node.once("exit", (code, signal) => {
      if (signal === null) resolve({ kind: "exited", code: code ?? 0 });
      else resolve({ kind: "signaled", signal: os.constants.signals[signal] });
    });
    void promise.then(() => lost[Symbol.dispose]());
    return promise;
  }

  #isReaped(): boolean {
    if (this.#pidfd === undefined) return false;
    try {
      pidfdSignal(this.#pidfd, this.identity.pid, 0);
      return false;
    } catch (error) {
      return hasErrno(error, "ESRCH");
    }
  }

  #closedError(verb: string): KernelError {
    return new KernelError(verb, "EBADF", `pid ${this.identity.pid}`, { detail: "disposed" });
  }
}

/** Closes our ends of its pipes. Node goes on reaping it, but no longer lives for that alone. */
export function release(node: NodeChild): void {
  for (const stream of node.stdio) stream?.destroy();
  node.unref();
}

function writable(node: NodeChild, fd: number): Writable {
  const stream = node.stdio[fd] as Writable;
  // A program that ends without reading is no reason to end the daemon.
  stream.on("error", () => {});
  return stream;
}

/** Node's pipes are sockets, and it may have seen the end before we write (man 2 send). */
function isClosedByPeer(error: unknown): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return CLOSED_BY_PEER.has(String(code));
}

const CLOSED_BY_PEER: ReadonlySet<string> = new Set([
  "EPIPE",
  "ECONNRESET",
  "ENOTCONN",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_WRITE_AFTER_END",
]);
