import { assert } from "@std/assert";

import type { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";

/** The handlers at work: owns their promises, so that a server closes after the last of them. */
export class Calls {
  #count = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  readonly #streams = new Set<Context>();

  /** Owns `call`, which must never reject. */
  async own(call: Promise<void>): Promise<void> {
    this.#count++;
    await call;
    this.#count--;
    assert(this.#count >= 0, "No call ends twice");
    if (this.#count === 0) this.#idle?.resolve();
  }

  /** Remembers a stream's context until it is disposed of: a stream has no end of its own. */
  openStream(context: Context): Disposable {
    this.#streams.add(context);
    return { [Symbol.dispose]: () => void this.#streams.delete(context) };
  }

  /** Ends all streams. */
  endStreams(cause: RuntimeError): void {
    for (const context of this.#streams) context.cancel(cause);
  }

  /** Resolves once no handler is at work. */
  async idle(): Promise<void> {
    if (this.#count === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }
}
