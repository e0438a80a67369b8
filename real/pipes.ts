import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { type Context, waitFor } from "../src/kernel/context.ts";

/** A line that a program sends through a pipe of ours; what is longer is cut. */
const LINE_CHARS_MAX = 1024 * 1024;

/** Keeps the first bytes of a program's output; the rest is read and dropped, so it never blocks. */
export class OutputCapture {
  /** Resolves when no process holds the other end any more. Never rejects. */
  readonly ended: Promise<void>;
  #bytesLeft: number;
  #isTruncated = false;
  #chunks: Uint8Array[] = [];

  constructor(stream: Readable, bytesMax: number) {
    this.#bytesLeft = bytesMax;
    stream.on("data", (chunk: Uint8Array) => this.#keep(chunk));
    this.ended = endOf(stream);
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
  forget(): void {
    this.#chunks = [];
    this.#bytesLeft = 0;
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length > this.#bytesLeft) this.#isTruncated = true;
    if (this.#bytesLeft === 0) return;
    // A copy, since a part would hold on to the whole buffer that it was read into.
    const kept = chunk.slice(0, this.#bytesLeft);
    this.#bytesLeft -= kept.length;
    this.#chunks.push(kept);
  }
}

/** Reads a pipe line by line. */
export class LineReader {
  readonly #decoder = new TextDecoder();
  #text = "";
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  constructor(stream: Readable) {
    stream.on("data", (chunk: Uint8Array) => this.#take(chunk));
    void endOf(stream).then(() => {
      this.#hasEnded = true;
      this.#changed.resolve();
    });
  }

  /**
   * The next line with its newline; what is left at the end; then "".
   *
   * @throws {RuntimeError} the context's cause.
   */
  async line(context: Context): Promise<string> {
    while (!this.#text.includes("\n") && !this.#hasEnded) {
      await waitFor(this.#changed.promise, context);
    }
    context.throwIfCancelled();
    const end = this.#text.indexOf("\n") + 1 || this.#text.length;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return line;
  }

  #take(chunk: Uint8Array): void {
    this.#text = (this.#text + this.#decoder.decode(chunk, { stream: true }))
      .slice(0, LINE_CHARS_MAX);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** An error ends a stream as its end does; either way comes "close". */
function endOf(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.on("error", () => {});
    stream.once("end", resolve);
    stream.once("close", resolve);
  });
}
