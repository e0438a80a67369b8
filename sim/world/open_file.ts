import type { WaitQueue } from "../step.ts";
import type { FileLock } from "./file_lock.ts";
import type { Listener } from "./listener.ts";
import type { Pipe } from "./pipe.ts";
import type { Place } from "./place.ts";

/** A file, an end of a pipe, a listening socket, or /dev/null. */
export type OpenFileKind = "null" | "file" | "reader" | "writer" | "listener";

/** An open file description: what descriptors, also inherited ones, share (man 2 open). */
export class OpenFile {
  #references = 1;
  offset = 0;
  /** What it has locked. */
  lock: FileLock | undefined;
  /** Of a listening socket. */
  listener: Listener | undefined;

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

  static listening(listener: Listener): OpenFile {
    const file = new OpenFile("listener", undefined, undefined);
    file.listener = listener;
    return file;
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
    this.listener?.close();
  }

  /** Told when it may have become readable, or writable. */
  get changed(): WaitQueue | undefined {
    return this.pipe?.changed ?? this.listener?.changed;
  }

  /** Of a writer: whether a write would not block. */
  get isWritable(): boolean {
    const pipe = this.pipe;
    return pipe === undefined || pipe.freeBytes > 0 || pipe.readers === 0;
  }

  /** Of a reader: whether a read would not block; of a listener: whether somebody has connected. */
  get isReadable(): boolean {
    if (this.listener !== undefined) return this.listener.hasWaiting;
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
