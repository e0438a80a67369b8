import { assert } from "@std/assert";

import type { RuntimeError } from "../../errors.ts";
import { type Context, waitFor } from "../../kernel/context.ts";
import type { ByteSource } from "../../kernel/streams.ts";

/** Where an inbox is full: it takes one more chunk at most, so twice that for usual ones. */
const bytesMax = 64 * 1024;

/** What a chunk costs besides its bytes, so that many small ones fill an inbox as well. */
const chunkBytes = 256;

/**
 * What one stream of a client brought and nobody has read yet. Who fills it waits for room after
 * each chunk, so that a client is as slow as whoever reads.
 */
export class Inbox implements ByteSource {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** Why there will be no more: an end in order is undefined. */
  #end: { readonly error: RuntimeError | undefined } | undefined;
  #isDiscarding = false;
  #changed = Promise.withResolvers<void>();

  /** Whether the client has said that this was all, or has gone. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether who fills it should wait. */
  get isFull(): boolean {
    return this.#bytes >= bytesMax;
  }

  /** Takes the next bytes; after the end, or when nobody wants them, they are gone. */
  push(bytes: Uint8Array): void {
    if (this.hasEnded || this.#isDiscarding || bytes.length === 0) return;
    // A few bytes would keep all of what came with them.
    this.#chunks.push(bytes.length * 2 < bytes.buffer.byteLength ? bytes.slice() : bytes);
    this.#bytes += bytes.length + chunkBytes;
    this.#tell();
  }

  /** Resolves once it is not full. @throws {RuntimeError} the context's cause. */
  async room(context: Context): Promise<void> {
    while (this.isFull) await waitFor(this.#changed.promise, context);
  }

  /** The client brings no more. With an error it has gone, which whoever reads hears. The first counts. */
  end(error?: RuntimeError): void {
    if (this.hasEnded) return;
    this.#end = { error };
    this.#tell();
  }

  /** Nobody reads any more: what is there and what comes is thrown away. */
  discard(): void {
    this.#isDiscarding = true;
    this.#chunks.length = 0;
    this.#bytes = 0;
    this.#tell();
  }

  /** @inheritdoc */
  async read(context: Context): Promise<Uint8Array | undefined> {
    for (;;) {
      context.throwIfCancelled();
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length + chunkBytes;
        assert(this.#bytes >= 0, "No byte is read twice");
        this.#tell();
        return chunk;
      }
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return undefined;
      }
      await waitFor(this.#changed.promise, context);
    }
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
