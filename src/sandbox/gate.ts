import { RuntimeError } from "../errors.ts";
import { Context, waitFor } from "../kernel/context.ts";

/** Leave to work in a sandbox. While it is held, StopPodSandbox waits. */
export interface Pass extends Disposable {
  /** Ends when the client gives up or the sandbox is being stopped. */
  readonly context: Context;
}

/**
 * The fence between what adds processes to a sandbox (create, start, exec) and what ends it. Work
 * holds the gate shared; stopping closes it, tells the work under way to give up, and waits for it to
 * leave. Once closed, it never opens again (RACES.md W4, W5).
 */
export class Gate {
  readonly #inside = new Set<Context>();
  #drained: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  /** @param sandboxId for errors */
  constructor(readonly sandboxId: string) {}

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Enters; leave by disposing the pass.
   *
   * @throws {RuntimeError} FAILED_PRECONDITION when the sandbox is being stopped or has been.
   */
  enter(parent: Context): Pass {
    if (this.#isClosed) throw this.#refusal();
    const context = new Context();
    const link = parent.onCancel((cause) => context.cancel(cause));
    this.#inside.add(context);
    return {
      context,
      [Symbol.dispose]: () => {
        link[Symbol.dispose]();
        this.#inside.delete(context);
        if (this.#inside.size === 0) this.#drained?.resolve();
      },
    };
  }

  /** Closes the gate, at once, and cancels the work inside. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#drained = Promise.withResolvers();
    if (this.#inside.size === 0) this.#drained.resolve();
    for (const context of this.#inside) context.cancel(this.#refusal());
  }

  /**
   * Waits until everybody has left a closed gate.
   *
   * @throws {RuntimeError} the context's cause.
   */
  async drained(context: Context): Promise<void> {
    if (this.#drained !== undefined) await waitFor(this.#drained.promise, context);
  }

  #refusal(): RuntimeError {
    return new RuntimeError(
      "FAILED_PRECONDITION",
      `sandbox "${this.sandboxId}" is not ready: it is being stopped or has been`,
    );
  }
}
