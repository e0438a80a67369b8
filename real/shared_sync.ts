/**
 * Makes what was written durable, for any number of callers: one sync at a time, and all who come while
 * one is under way share the next, since that one may have begun before they had written. When it fails, theirs
 * has failed as well: what they wrote lies behind what may be lost, and may be lost with it, as the kernel takes
 * for written whatever it could not write (man 2 fsync, NOTES).
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
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#run();
    this.#next = this.#running.then(() => {
      this.#next = undefined;
      return this.#run();
    }, (error) => {
      this.#next = undefined;
      throw error;
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
