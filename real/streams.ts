import { setImmediate } from "node:timers";
import type { Context } from "../src/kernel/context.ts";
import { hasErrno, KernelError } from "../src/kernel/errno.ts";
import type { ByteSink, ByteSource } from "../src/kernel/streams.ts";
import { check, closeFd, libc } from "./libc.ts";
import { Reading } from "./pipes.ts";
import type { Poller } from "./poller.ts";

const READ_BYTES = 64 * 1024;

/** Reads a descriptor that does not block, and which it owns. */
export class FdSource implements ByteSource, Disposable {
  readonly #reading: Reading;
  readonly #onBytes: () => void;

  /** @param onBytes something was read */
  constructor(fd: number, poller: Poller, onBytes: () => void = () => {}) {
    this.#reading = new Reading(fd, poller);
    this.#onBytes = onBytes;
  }

  async read(context: Context): Promise<Uint8Array | undefined> {
    const buffer = new Uint8Array(READ_BYTES);
    while (true) {
      context.throwIfCancelled();
      const bytes = this.#reading.now(buffer);
      if (bytes === undefined) await this.#reading.more(context);
      else if (bytes.length === 0) return undefined;
      else {
        this.#onBytes();
        return await paced(bytes);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#reading[Symbol.dispose]();
  }
}

/** Who writes without end must not keep the others from their turns. */
async function paced(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length === READ_BYTES) await new Promise((resolve) => setImmediate(resolve));
  return bytes;
}

/** Writes a descriptor that does not block, and which it owns. */
export class FdSink implements ByteSink, Disposable {
  readonly #fd: number;
  readonly #poller: Poller;
  #isClosed = false;

  constructor(fd: number, poller: Poller) {
    this.#fd = fd;
    this.#poller = poller;
  }

  async write(bytes: Uint8Array, context: Context): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      context.throwIfCancelled();
      if (this.#isClosed) throw new KernelError("write", "EPIPE", "stream", { detail: "closed" });
      const count = writeNow(this.#fd, rest);
      if (count === undefined) await this.#poller.writable(this.#fd, context);
      else rest = rest.subarray(count);
    }
  }

  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#poller.forget(this.#fd);
    closeFd(this.#fd);
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** How many of the bytes were taken; undefined while there is no room. @throws {KernelError} EPIPE. */
function writeNow(fd: number, bytes: Uint8Array): number | undefined {
  try {
    const written = libc().write(fd, bytes as Uint8Array<ArrayBuffer>, BigInt(bytes.length));
    return check("write", "stream", written);
  } catch (error) {
    if (hasErrno(error, "EAGAIN")) return undefined;
    throw error;
  }
}
