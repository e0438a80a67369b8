import { Context, waitFor } from "./context.ts";

/**
 * How long the daemon lives, and what it has under way meanwhile, whoever asked for it and whether anybody
 * still waits: its end waits for that.
 */
export class Lifetime extends Context {
  /** Nobody looks at it before the end, where the order of operations is over. */
  // deno-lint-ignore slipway/shared-memory
  #count = 0;
  // deno-lint-ignore slipway/shared-memory
  #idle: PromiseWithResolvers<void> | undefined;
  readonly #leave = () => {
    this.#count--;
    if (this.#count === 0) this.#idle?.resolve();
  };

  /**
   * Does what somebody asks for: nothing of that begins after the end.
   *
   * @throws {RuntimeError} the cause of the end.
   */
  serve<T>(work: () => Promise<T>): Promise<T> {
    this.throwIfCancelled();
    return this.own(work());
  }

  /** Counts `work` as under way until it settles, and returns it. */
  own<T>(work: Promise<T>): Promise<T> {
    this.#count++;
    work.then(this.#leave, this.#leave);
    return work;
  }

  /**
   * Waits until nothing is under way.
   *
   * @throws {RuntimeError} the context's cause.
   */
  async idle(context: Context): Promise<void> {
    if (this.#count === 0) return;
    this.#idle ??= Promise.withResolvers();
    await waitFor(this.#idle.promise, context);
  }
}
