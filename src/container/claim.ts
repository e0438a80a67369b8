import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { waitFor } from "../kernel/context.ts";
import { shared } from "../kernel/shared_memory.ts";

export type ClaimKind = "starting" | "removing";

/**
 * Who may change a container now: nobody but the holder of the claim. Taking it is synchronous, hence
 * atomic; it lives in memory only, so that giving it back cannot fail.
 */
export class Claim {
  @shared
  accessor #holder: { readonly kind: ClaimKind; readonly released: Promise<void> } | undefined;

  get kind(): ClaimKind | undefined {
    return this.#holder?.kind;
  }

  /**
   * Takes the claim until the returned object is disposed.
   *
   * @throws {RuntimeError} FAILED_PRECONDITION when somebody has it.
   */
  take(kind: ClaimKind): Disposable {
    if (this.#holder !== undefined) {
      throw new RuntimeError(
        "FAILED_PRECONDITION",
        `container is already in ${this.#holder.kind} state`,
      );
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const holder = { kind, released: promise };
    this.#holder = holder;
    return {
      [Symbol.dispose]: () => {
        if (this.#holder === holder) this.#holder = undefined;
        resolve();
      },
    };
  }

  /** Waits until nobody has it. It may be taken again before the caller goes on. */
  async released(context: Context): Promise<void> {
    while (this.#holder !== undefined) await waitFor(this.#holder.released, context);
  }

  /** Waits until nobody has it, and takes it in the same instant. */
  async takeWhenReleased(kind: ClaimKind, context: Context): Promise<Disposable> {
    while (this.#holder !== undefined) await waitFor(this.#holder.released, context);
    return this.take(kind);
  }
}
