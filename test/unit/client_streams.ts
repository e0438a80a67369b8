import type { Context } from "../../src/kernel/context.ts";
import { waitFor } from "../../src/kernel/context.ts";
import type {
  ByteSink,
  ByteSource,
  TerminalSize,
  TerminalSizes,
} from "../../src/kernel/streams.ts";
import { textOf } from "../../src/utf8.ts";

/** What a client sends: the script adds to it, and ends it. */
export class SentText implements ByteSource, TerminalSizes {
  readonly #waiting: (Uint8Array | TerminalSize)[] = [];
  #hasEnded = false;
  #changed = Promise.withResolvers<void>();

  send(text: string): this {
    return this.#add(new TextEncoder().encode(text));
  }

  resize(size: TerminalSize): this {
    return this.#add(size);
  }

  end(): this {
    this.#hasEnded = true;
    this.#changed.resolve();
    return this;
  }

  async read(context: Context): Promise<Uint8Array | undefined> {
    return await this.#next(context) as Uint8Array | undefined;
  }

  async next(context: Context): Promise<TerminalSize | undefined> {
    return await this.#next(context) as TerminalSize | undefined;
  }

  #add(item: Uint8Array | TerminalSize): this {
    this.#waiting.push(item);
    this.#changed.resolve();
    return this;
  }

  async #next(context: Context): Promise<Uint8Array | TerminalSize | undefined> {
    while (this.#waiting.length === 0 && !this.#hasEnded) {
      this.#changed = Promise.withResolvers();
      await waitFor(this.#changed.promise, context);
    }
    context.throwIfCancelled();
    return this.#waiting.shift();
  }
}

/** What a client has received. */
export class ReceivedText implements ByteSink {
  readonly #parts: Uint8Array[] = [];
  hasEnded = false;
  #changed = Promise.withResolvers<void>();

  get text(): string {
    return this.#parts.map(textOf).join("");
  }

  /** Waits until it has received these words. */
  async contains(words: string): Promise<void> {
    while (!this.text.includes(words)) {
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
  }

  write(bytes: Uint8Array, context: Context): Promise<void> {
    context.throwIfCancelled();
    this.#parts.push(bytes.slice());
    this.#changed.resolve();
    return Promise.resolve();
  }

  end(): void {
    this.hasEnded = true;
  }
}

/** A client that takes nothing. */
export class Stuck implements ByteSink {
  async write(_bytes: Uint8Array, context: Context): Promise<void> {
    await waitFor(new Promise<never>(() => {}), context);
  }

  end(): void {}
}
