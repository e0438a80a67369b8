import type { Clock } from "../src/kernel/clock.ts";

/** What is waited for is that nothing was done for a while. */
export interface QuietOptions {
  /** For how long nothing has been done, in milliseconds. */
  readonly idleMs: () => number;
  /** For how long nothing must have been done, in milliseconds. */
  readonly quietMs: number;
}

/** A wait for quiet: one at a time, which whoever disposes of it gives up. */
export class Quiet implements Disposable {
  readonly #clock: Clock;
  readonly #idleMs: () => number;
  readonly #quietMs: number;
  #giveUp = () => {};

  constructor(clock: Clock, { idleMs, quietMs }: QuietOptions) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#quietMs = quietMs;
  }

  /** Resolves with whether it has become quiet, instead of one that waits already: that one is given up. */
  come(): Promise<boolean> {
    this[Symbol.dispose]();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const wait = (ms: number) => {
      const timer = this.#clock.after(ms, () => {
        const leftMs = this.#quietMs - this.#idleMs();
        if (leftMs > 0) return wait(leftMs);
        this.#giveUp = () => {};
        resolve(true);
      });
      this.#giveUp = () => {
        timer[Symbol.dispose]();
        resolve(false);
      };
    };
    wait(this.#quietMs);
    return promise;
  }

  [Symbol.dispose](): void {
    this.#giveUp();
    this.#giveUp = () => {};
  }
}
