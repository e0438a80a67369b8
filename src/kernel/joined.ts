import { type Context, waitFor } from "./context.ts";
import { shared } from "./shared_memory.ts";

/**
 * An operation on one object that runs at most once at a time. Who comes while it runs joins it, and
 * who gives up leaves it to go on: it belongs to the object, not to a client.
 */
export class Joined<T = void> {
  @shared
  accessor #running: Promise<T> | undefined;

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Runs `operation`, or joins the one that is running.
   *
   * @throws what the operation throws; the context's cause.
   */
  async run(operation: () => Promise<T>, context: Context): Promise<T> {
    context.throwIfCancelled();
    this.#running ??= operation().finally(() => this.#running = undefined);
    this.#running.catch(() => {});
    return await waitFor(this.#running, context);
  }
}
