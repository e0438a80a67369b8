import { Context, waitFor } from "../kernel/context.ts";
import { shared } from "../kernel/shared_memory.ts";

/**
 * Work that several callers want the same result of. It goes on as long as one of them waits, and is
 * cancelled with the last one.
 */
export class SharedWork<T> {
  readonly #context = new Context();
  readonly #result: Promise<T>;
  readonly #forget: () => void;
  @shared
  accessor #waiters = 0;
  @shared
  accessor #hasEnded = false;

  /** Starts the work; `forget` is called once, synchronously, when nobody may join any more. */
  constructor(work: (context: Context) => Promise<T>, forget: () => void) {
    this.#forget = forget;
    this.#result = work(this.#context).finally(() => this.#end());
    // Each waiter sees the error; with none left, nobody is interested.
    this.#result.catch(() => {});
  }

  /**
   * Waits for the result. The last waiter whose context ends also waits for what is left to be undone.
   *
   * @throws {RuntimeError} the context's cause, or whatever the work ended with.
   */
  async join(context: Context): Promise<T> {
    this.#waiters++;
    try {
      return await waitFor(this.#result, context);
    } catch (error) {
      if (this.#waiters === 1 && context.cause !== undefined) {
        this.#end();
        this.#context.cancel(context.cause);
        await this.#result.catch(() => {});
      }
      throw error;
    } finally {
      this.#waiters--;
    }
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#forget();
  }
}
