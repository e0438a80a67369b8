import type { FileLock } from "./file_lock.ts";
import type { Pipe } from "./pipe.ts";
import type { Place } from "./place.ts";

/** A file, an end of a pipe, or /dev/null. */
export type OpenFileKind = "null" | "file" | "reader" | "writer";

/** An open file description: what descriptors, also inherited ones, share (man 2 open). */
export class OpenFile {
  #references = 1;
  offset = 0;
  /** What it has locked. */
  lock: FileLock | undefined;

  constructor(
    readonly kind: OpenFileKind,
    /** Of a pipe or fifo end. */
    readonly pipe: Pipe | undefined,
    /** Of a file. */
    readonly place: Place | undefined,
    readonly isNonblocking = false,
    /** Closed by a successful exec (O_CLOEXEC). */
    readonly closesOnExec = false,
    /** How often the fifo had been opened by writers before (poll tells no end before the first). */
    readonly writerOpensBefore = -1,
  ) {}

  static null(): OpenFile {
    return new OpenFile("null", undefined, undefined);
  }

  static reader(pipe: Pipe): OpenFile {
    pipe.openReader();
    return new OpenFile("reader", pipe, undefined);
  }

  static writer(pipe: Pipe): OpenFile {
    pipe.openWriter();
    return new OpenFile("writer", pipe, undefined);
  }

  share(): OpenFile {
    this.#references++;
    return this;
  }

  /** With the last reference the end of the pipe is closed, and what it has locked is free. */
  close(): void {
    if (--this.#references > 0) return;
    if (this.kind === "reader") this.pipe?.closeReader();
    if (this.kind === "writer") this.pipe?.closeWriter();
    this.lock?.release(this);
  }

  /** Of a reader: whether a read would not block. */
  get isReadable(): boolean {
    const pipe = this.pipe;
    if (pipe === undefined) return true;
    return pipe.sizeBytes > 0 || this.hasEnded;
  }

  /** Of a reader: whether all writers are gone. */
  get hasEnded(): boolean {
    const pipe = this.pipe;
    if (pipe === undefined) return true;
    return pipe.sizeBytes === 0 && pipe.writers === 0 &&
      pipe.writerOpens !== this.writerOpensBefore;
  }
}
