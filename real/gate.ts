import { setImmediate } from "node:timers";

/** After this a program counts as waiting rather than starting. */
const STARTING_MS_MAX = 1_000;

/**
 * Paces the start of programs. Spawning takes the event loop a part of a millisecond, so there is one
 * in each of its turns and the loop serves others in between; and at most `startingMax` programs
 * are in their first second of life. Who enters leaves when the program has ended, or does what it is
 * there for, as conmon in the background and socat for its client; forgetting to delays the others by
 * that second and never blocks them.
 */
export class SpawnGate {
  readonly #startingMax: number;
  readonly #queue: (() => void)[] = [];
  #starting = 0;
  #isTurnTaken = false;

  constructor(startingMax: number) {
    this.#startingMax = startingMax;
  }

  /** Waits for a turn, first come, first served. Dispose the result when the program has started up. */
  async enter(): Promise<Disposable> {
    if (this.#isFree() && this.#queue.length === 0) this.#take();
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    let hasLeft = false;
    const leave = () => {
      if (hasLeft) return;
      hasLeft = true;
      clearTimeout(timer);
      this.#starting--;
      this.#admit();
    };
    const timer = setTimeout(leave, STARTING_MS_MAX);
    Deno.unrefTimer(timer);
    return { [Symbol.dispose]: leave };
  }

  #isFree(): boolean {
    return !this.#isTurnTaken && this.#starting < this.#startingMax;
  }

  #take(): void {
    this.#starting++;
    this.#isTurnTaken = true;
    setImmediate(() => {
      this.#isTurnTaken = false;
      this.#admit();
    });
  }

  #admit(): void {
    if (!this.#isFree()) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#take();
    next();
  }
}
