import type { Writable } from "node:stream";

import { type Context, waitFor } from "../../kernel/context.ts";
import { KernelError } from "../../kernel/errno.ts";

/** The way to a client, which all of its streams share. */
export class Outlet {
  readonly #wire: Writable;
  #moved = Promise.withResolvers<void>();

  /** Does not end or destroy `wire`, which stays its owner's. */
  constructor(wire: Writable) {
    this.#wire = wire;
    for (const event of ["drain", "close"]) wire.on(event, () => this.#tell());
  }

  /** Whether the client can be reached still. */
  get isOpen(): boolean {
    return this.#wire.writable;
  }

  /**
   * Resolves once little enough waits to be sent that more may be written.
   *
   * @throws {RuntimeError} the context's cause; {KernelError} EPIPE when nobody is there any more.
   */
  async room(context: Context): Promise<void> {
    while (this.isOpen && this.#wire.writableNeedDrain) {
      await waitFor(this.#moved.promise, context);
    }
    context.throwIfCancelled();
    if (!this.isOpen) throw new KernelError("write", "EPIPE", "client");
  }

  #tell(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}
