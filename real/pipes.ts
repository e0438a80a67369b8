import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { Context } from "../src/kernel/context.ts";
import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import { check, closeFd, cString, F, libc, O, readFd } from "./libc.ts";
import type { Poller } from "./poller.ts";
import { FIRST_OWN_FD } from "./spawn.ts";

/** A line that a program sends through a pipe of ours; what is longer is cut. */
const LINE_CHARS_MAX = 1024 * 1024;
const READ_BYTES = 64 * 1024;
const MFD_CLOEXEC = 1;
const SEEK_SET = 0;

/** Both ends of a pipe. Neither is inherited; ours does not block. */
export interface Pipe {
  readonly ours: number;
  readonly theirs: number;
}

/** Makes a pipe that the program reads, or one that it writes. @throws {KernelError} EMFILE. */
export function makePipe(direction: "they read" | "they write"): Pipe {
  const ends = new Int32Array(2);
  check("pipe", "", libc().pipe2(ends, O.CLOEXEC));
  const [reading, writing] = [ends[0]!, ends[1]!];
  const [ours, their] = direction === "they read" ? [writing, reading] : [reading, writing];
  try {
    check("fcntl", `fd ${ours}`, libc().fcntl(ours, F.SETFL, BigInt(O.NONBLOCK)));
    return { ours, theirs: moveUp(their) };
  } catch (error) {
    closeFd(ours);
    closeFd(their);
    throw error;
  }
}

/** A file without a name that holds `content` and is read from its start: the program's standard input. */
export function inputFile(content: string | Uint8Array): number {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const fd = check("memfd_create", "", libc().memfd_create(cString("stdin"), MFD_CLOEXEC));
  try {
    for (let written = 0; written < bytes.length;) {
      const rest = bytes.subarray(written) as Uint8Array<ArrayBuffer>;
      written += check("write", "stdin", libc().write(fd, rest, BigInt(rest.length)));
    }
    check("lseek", "stdin", libc().lseek(fd, 0n, SEEK_SET));
    return moveUp(fd);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** A number that the program is given must not be taken by a descriptor which it still is to be given. */
function moveUp(fd: number): number {
  if (fd >= FIRST_OWN_FD) return fd;
  const moved = libc().fcntl(fd, F.DUPFD_CLOEXEC, BigInt(FIRST_OWN_FD));
  const result = check("fcntl", `fd ${fd}`, moved);
  closeFd(fd);
  return result;
}

/**
 * Writes to our end of a pipe at once and closes it.
 *
 * @throws {KernelError} EPIPE when nobody reads any more; EAGAIN for more than it holds.
 */
export function writeAndClose(fd: number, subject: string, data: string): void {
  try {
    writeText(fd, subject, data);
  } finally {
    closeFd(fd);
  }
}

/**
 * Writes to our end of a pipe at once.
 *
 * @throws {KernelError} EPIPE when nobody reads any more; EAGAIN for more than it holds.
 */
export function writeText(fd: number, subject: string, data: string): void {
  const bytes = new TextEncoder().encode(data);
  const count = check("write", subject, libc().write(fd, bytes, BigInt(bytes.length)));
  if (count < bytes.length) throw new KernelError("write", "EAGAIN", subject);
}

/** Our end of a pipe that a program writes. */
export class Reading implements Disposable {
  #isClosed = false;

  constructor(readonly fd: number, readonly poller: Poller) {}

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The bytes that are there; none at the end; undefined when there is nothing yet. */
  now(buffer: Uint8Array): Uint8Array | undefined {
    if (this.#isClosed) return new Uint8Array();
    try {
      return buffer.subarray(0, readFd("read", "pipe", this.fd, buffer));
    } catch (error) {
      if (hasErrno(error, "EAGAIN")) return undefined;
      throw error;
    }
  }

  async more(context: Context): Promise<void> {
    await this.poller.readable(this.fd, context);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.poller.forget(this.fd);
    closeFd(this.fd);
  }
}

/** Keeps the first bytes of a program's output; the rest is read and dropped, so it never blocks. */
export class OutputCapture implements Disposable {
  /** Resolves when no process holds the other end any more, or ours was closed. Never rejects. */
  readonly ended: Promise<void>;
  readonly #reading: Reading;
  #bytesLeft: number;
  #isTruncated = false;
  #chunks: Uint8Array[] = [];

  constructor(fd: number, bytesMax: number, poller: Poller) {
    this.#reading = new Reading(fd, poller);
    this.#bytesLeft = bytesMax;
    this.ended = this.#drain().catch(() => {});
  }

  get isTruncated(): boolean {
    return this.#isTruncated;
  }

  /** What was kept so far. */
  bytes(): Uint8Array {
    const whole = Buffer.concat(this.#chunks);
    return new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength);
  }

  /** Keeps nothing any more. */
  [Symbol.dispose](): void {
    this.#reading[Symbol.dispose]();
    this.#chunks = [];
    this.#bytesLeft = 0;
  }

  async #drain(): Promise<void> {
    using reading = this.#reading;
    const forEver = Context.background();
    // Nothing is there yet: a buffer is only made for a program that prints.
    await reading.more(forEver);
    const buffer = new Uint8Array(READ_BYTES);
    while (true) {
      const bytes = reading.now(buffer);
      if (bytes?.length === 0) return;
      if (bytes === undefined) await reading.more(forEver);
      else this.#keep(bytes);
      // Who prints without end must not keep the others from their turns.
      if (bytes?.length === READ_BYTES) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length > this.#bytesLeft) this.#isTruncated = true;
    if (this.#bytesLeft === 0) return;
    const kept = chunk.slice(0, this.#bytesLeft);
    this.#bytesLeft -= kept.length;
    this.#chunks.push(kept);
  }
}

/** Reads a pipe line by line. */
export class LineReader implements Disposable {
  readonly #decoder = new TextDecoder();
  readonly #reading: Reading;
  #text = "";
  #hasEnded = false;

  constructor(fd: number, poller: Poller) {
    this.#reading = new Reading(fd, poller);
  }

  /**
   * The next line with its newline; what is left at the end; then "".
   *
   * @throws {RuntimeError} the context's cause; {KernelError} EBADF when it is disposed meanwhile.
   */
  async line(context: Context): Promise<string> {
    const buffer = new Uint8Array(READ_BYTES);
    while (!this.#text.includes("\n") && !this.#hasEnded) {
      const bytes = this.#reading.now(buffer);
      if (bytes === undefined) await this.#reading.more(context);
      else this.#take(bytes);
    }
    context.throwIfCancelled();
    const end = this.#text.indexOf("\n") + 1 || this.#text.length;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return line;
  }

  [Symbol.dispose](): void {
    this.#reading[Symbol.dispose]();
  }

  #take(bytes: Uint8Array): void {
    this.#hasEnded = bytes.length === 0;
    this.#text = (this.#text + this.#decoder.decode(bytes, { stream: !this.#hasEnded }))
      .slice(0, LINE_CHARS_MAX);
  }
}
