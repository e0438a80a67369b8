/**
 * The rollback of an operation whose cleaning up may fail too: last first, and once a step has failed the
 * resources below it are left alone, so that somebody can find them (server/sandbox_run.go:88-170).
 */
export class Latch {
  readonly #deferred: { readonly undo: () => Promise<void>; isArmed: boolean }[] = [];
  hasFailed = false;

  /** Undone unless something failed to be undone before. Returns what takes the step back. */
  defer(undo: () => Promise<void>): () => void {
    const step = {
      undo: async () => {
        if (this.hasFailed) return;
        await undo().catch(() => this.hasFailed = true);
      },
      isArmed: true,
    };
    this.#deferred.push(step);
    return () => step.isArmed = false;
  }

  /** Done in any case; deals with its own errors. */
  always(step: () => Promise<void> | void): void {
    this.#deferred.push({ undo: async () => await step(), isArmed: true });
  }

  /** Undoes, last first. */
  async unwind(): Promise<void> {
    for (const step of this.#deferred.toReversed()) if (step.isArmed) await step.undo();
  }
}
