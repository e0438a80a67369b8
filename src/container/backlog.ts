import { type Context, waitFor } from "../kernel/context.ts";
import { shared, SharedQueue } from "../kernel/shared_memory.ts";
import type { ByteSink } from "../kernel/streams.ts";
import { give } from "./client_streams.ts";

/** What a program has printed and its client has not taken yet, in order. */
export class Backlog {
  readonly #items = new SharedQueue<{ readonly sink: ByteSink; readonly bytes: Uint8Array }>();
  readonly #bytesMax: number;
  @shared
  accessor #bytes = 0;
  @shared
  accessor #hasEnded = false;
  @shared
  accessor #isBounded = true;
  @shared
  accessor #changed = Promise.withResolvers<void>();

  /** @param bytesMax after that, whoever adds to it has to wait */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Adds what `sink` is to take. */
  add(sink: ByteSink, bytes: Uint8Array): void {
    this.#items.push({ sink, bytes });
    this.#bytes += bytes.length;
    this.#tell();
  }

  /** Nothing more comes. */
  end(): void {
    this.#hasEnded = true;
    this.#tell();
  }

  /** Takes all that comes from now on: it is known to be little. */
  lift(): void {
    this.#isBounded = false;
    this.#tell();
  }

  /**
   * Waits until there is room for more.
   *
   * @throws {RuntimeError} the context's cause.
   */
  async hasRoom(context: Context): Promise<void> {
    while (this.#isBounded && this.#bytes > this.#bytesMax) {
      await waitFor(this.#changed.promise, context);
    }
  }

  /**
   * Gives each sink what is for it, until the end.
   *
   * @throws {RuntimeError} the context's cause; CANCELLED when a client takes nothing any more.
   */
  async passOn(context: Context): Promise<void> {
    while (true) {
      const item = this.#items.shift();
      if (item !== undefined) {
        await give(item.sink, item.bytes, context);
        this.#bytes -= item.bytes.length;
        this.#tell();
      } else if (this.#hasEnded) return;
      else await waitFor(this.#changed.promise, context);
    }
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}
