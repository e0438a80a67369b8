import type { Clock } from "../src/kernel/clock.ts";
import { libc } from "./libc.ts";
import { keepTouchedPagesOnly } from "./program_pages.ts";
import { Quiet } from "./quiet.ts";

/**
 * Gives back what only the start of a program needed: to be called once, when it is ready to serve. Never
 * throws.
 */
export function giveBackStartUp(): void {
  giveBackFreed();
  keepTouchedPagesOnly();
}

/** Longer than a client is away between two calls of a pod's life, or between two pods of a burst. */
const QUIET_MS = 1_000;

/**
 * Gives back what was freed, once nothing has been started for a second: a burst of pods would keep 9 MB for
 * good. Beside the event loop, since it takes milliseconds.
 */
export class FreedMemory implements Disposable {
  readonly #quiet: Quiet;
  readonly #giveBack: () => void;
  #isWaiting = false;

  /** @param idleMs for how long nothing has been started, in milliseconds */
  constructor(clock: Clock, idleMs: () => number, giveBack: () => void = giveBackAside) {
    this.#quiet = new Quiet(clock, { idleMs, quietMs: QUIET_MS });
    this.#giveBack = giveBack;
  }

  /** Memory is used now that will be freed again. */
  async used(): Promise<void> {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const isQuiet = await this.#quiet.come();
    this.#isWaiting = false;
    if (isQuiet) this.#giveBack();
  }

  [Symbol.dispose](): void {
    this.#quiet[Symbol.dispose]();
  }
}

function giveBackAside(): void {
  try {
    void libc().malloc_trim_aside(0n);
  } catch {
    // A C library without it.
  }
}

/**
 * Of the memory that was freed the C library returns the end alone by itself. What is between keeps 1 to 3 MB
 * of a start, the more the more modules Deno had to compile anew (man 3 malloc_trim).
 */
function giveBackFreed(): void {
  try {
    libc().malloc_trim(0n);
  } catch {
    // A C library without it.
  }
}
