import type { Context } from "../src/kernel/context.ts";
import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import type { FifoReader } from "../src/kernel/files.ts";
import { check, closeFd, libc, O, openFd, POLL, pollNow, readNow } from "./libc.ts";
import type { Poller } from "./poller.ts";
import { statOfFd } from "./stat.ts";

/** Opens a fifo for reading, not waiting for a writer. @throws {KernelError} ENOENT; EINVAL for no fifo. */
export function openFifo(path: string, poller: Poller): FifoReader {
  return new Reader(path, openEnd("openFifo", path, O.RDONLY), poller);
}

/**
 * Writes to a fifo, not waiting for a reader. Up to 4096 bytes go whole or not at all (PIPE_BUF,
 * man 7 pipe).
 *
 * @throws {KernelError} ENOENT; EINVAL for no fifo; ENXIO when nobody reads; EAGAIN when it is full.
 */
export function writeFifo(path: string, content: string): void {
  const fd = openEnd("writeFifo", path, O.WRONLY);
  try {
    const bytes = new TextEncoder().encode(content);
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.subarray(written);
      written += check("writeFifo", path, libc().write(fd, rest, BigInt(rest.length)));
    }
  } catch (error) {
    // The reader left between the open and the write.
    if (!hasErrno(error, "EPIPE")) throw error;
    throw new KernelError("writeFifo", "ENXIO", path, { cause: error });
  } finally {
    closeFd(fd);
  }
}

/** Whoever put a file in the place of a fifo must not have it written to. */
function openEnd(verb: string, path: string, flags: number): number {
  try {
    const fd = openFd(verb, path, flags | O.NONBLOCK | O.NOCTTY);
    if (statOfFd(fd).kind === "fifo") return fd;
    closeFd(fd);
  } catch (error) {
    if (!hasErrno(error, "EISDIR")) throw error;
  }
  throw new KernelError(verb, "EINVAL", path, { detail: "not a fifo" });
}

class Reader implements FifoReader {
  readonly #path: string;
  readonly #fd: number;
  readonly #poller: Poller;
  #isClosed = false;

  constructor(path: string, fd: number, poller: Poller) {
    this.#path = path;
    this.#fd = fd;
    this.#poller = poller;
  }

  async read(context: Context): Promise<Uint8Array> {
    while (true) {
      context.throwIfCancelled();
      this.#assertOpen();
      // A read says 0 before the first writer as after the last: only poll tells the two apart, by a
      // count of the writers since the open (pipe_poll in fs/pipe.c).
      const events = pollNow(this.#fd);
      if (events !== 0) {
        const bytes = this.#readNow();
        // None in spite of POLLIN: another reader was faster.
        if (bytes.length > 0 || (events & POLL.HUP) !== 0) return bytes;
      }
      await this.#poller.readable(this.#fd, context);
    }
  }

  // deno-lint-ignore require-await
  async tryRead(): Promise<Uint8Array> {
    this.#assertOpen();
    return this.#readNow();
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#poller.forget(this.#fd);
    closeFd(this.#fd);
  }

  /** Nothing, too, when somebody has it open for writing and there is nothing yet. */
  #readNow(): Uint8Array {
    return readNow("read", this.#path, this.#fd);
  }

  /** The number may be another file's by now. */
  #assertOpen(): void {
    if (this.#isClosed) throw new KernelError("read", "EBADF", this.#path);
  }
}
