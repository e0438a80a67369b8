import { type Context, waitFor } from "./context.ts";
import { shared } from "./shared_memory.ts";

/** Lets in one at a time, in the order in which they come. */
export class Turns {
  @shared
  accessor #last: Promise<unknown> = Promise.resolve();

  /**
   * Waits until everybody who came before has left. Disposing of the turn is leaving.
   *
   * @throws {RuntimeError} the context's cause, when it ends first.
   */
  async take(context: Context): Promise<Disposable> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Who gives up leaves those before it where they are.
    this.#last = before.then(() => promise);
    try {
      await waitFor(before, context);
    } catch (error) {
      resolve();
      throw error;
    }
    return { [Symbol.dispose]: resolve };
  }
}
