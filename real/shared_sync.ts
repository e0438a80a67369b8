/**
 * Makes what was written durable, for any number of callers: one sync at a time, and all who come while
 * one is under way share the next, since that one may have begun before they had written.
 */
export class SharedSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves when everything that was written before the call is durable. @throws what the sync throws. */
  done(): Promise<void> {
    if (this.#running === undefined) return this.#run();
    this.#next ??= this.#running.catch(() => {}).then(() => {
      this.#next = undefined;
      return this.#run();
    });
    return this.#next;
  }

  #run(): Promise<void> {
    const running = this.#sync().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
