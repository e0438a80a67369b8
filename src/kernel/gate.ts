import { RuntimeError } from "../errors.ts";
import { Context, waitFor } from "./context.ts";
import { shared, SharedSet } from "./shared_memory.ts";

/** Leave to work on an object. While it is held, whoever ends the object waits. */
export interface Pass extends Disposable {
  /** Ends when whoever asked for the work gives up, or the gate closes. */
  readonly context: Context;
}

/**
 * The fence between those who work on an object and who ends it: in a sandbox whoever adds processes
 * (create, start, exec) and its stop (RACES.md W4, W5), at a container an update of its resources and its
 * end. Work holds the gate shared; ending closes it, tells the work under way to give up, and waits for it
 * to leave. Once closed, it never opens again.
 */
export class Gate {
  readonly #inside = new SharedSet<Context>();
  @shared
  accessor #drained: PromiseWithResolvers<void> | undefined;
  @shared
  accessor #isClosed = false;

  /** @param refusal what those hear who come too late or have to give up */
  constructor(readonly refusal: string) {}

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Enters; leave by disposing the pass.
   *
   * @throws {RuntimeError} FAILED_PRECONDITION when the gate is closed.
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
    return new RuntimeError("FAILED_PRECONDITION", this.refusal);
  }
}
