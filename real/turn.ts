import { setImmediate } from "node:timers";

/** What a turn of the event loop may last before calls wait: a client's call takes several turns. */
const TURN_MS_MAX = 2;

/**
 * Keeps the turns of the event loop short. A call that returns at once resolves its promise at once, so
 * that an operation goes on to its next call in the same turn, and so do all others that were woken in it:
 * with 20 pods at once that made turns of 100 ms, in which nobody else was answered. Whoever comes when a
 * turn has lasted long enough waits for one of the next, each of which takes one of them along, in order.
 */
export class Turn {
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  /** When the turn that runs had its first call; undefined in one that has had none. */
  #beganMs: number | undefined;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** To be awaited before a call: nothing to wait for in a turn that has time left. */
  left(): Promise<void> | undefined {
    if (this.#beganMs === undefined) this.#begin();
    else if (this.#isOver()) return new Promise((resolve) => this.#waiting.push(resolve));
    return undefined;
  }

  #begin(): void {
    this.#beganMs = this.#nowMs();
    setImmediate(() => {
      this.#beganMs = undefined;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#begin();
      next();
    });
  }

  #isOver(): boolean {
    return this.#nowMs() - this.#beganMs! > TURN_MS_MAX;
  }
}
