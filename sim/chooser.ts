import { Prng } from "./random.ts";

/** What a strategy may know of a step that can run. */
export interface Choice {
  /** Which of the tasks it belongs to; tasks are numbered in the order in which they came to be. */
  readonly taskId: number;
  readonly taskName: string;
  /** Counts the steps of its task. */
  readonly seq: number;
  readonly verb: string;
}

/** The answer of a strategy that lets time pass, though something can run. */
export const ADVANCE_CLOCK = -1;

/** A strategy: decides what runs next, and so the interleaving. */
export interface Chooser {
  /**
   * The index of one of `runnable`, which is ordered by task and number and never empty; or
   * {@linkcode ADVANCE_CLOCK}, when `canAdvance` says that a timer is waiting.
   */
  pick(runnable: readonly Choice[], canAdvance: boolean): number;
}

/** Takes any step that can run, each as likely as the others. */
export class RandomWalk implements Chooser {
  #random: Prng;

  /** `slowness` is the probability of a step at which everything is so slow that a timer fires first. */
  constructor(seed: number, public slowness = 0) {
    this.#random = new Prng(seed, "chooser");
  }

  pick(runnable: readonly Choice[], canAdvance: boolean): number {
    if (canAdvance && this.slowness > 0 && this.#random.chance(this.slowness)) return ADVANCE_CLOCK;
    return runnable.length === 1 ? 0 : this.#random.below(runnable.length);
  }
}

/** Goes on with the task that ran last as long as it can, then takes the lowest: few switches. */
export class Sequential implements Chooser {
  #last = 0;

  pick(runnable: readonly Choice[]): number {
    const same = runnable.findIndex((step) => step.taskId === this.#last);
    const index = same < 0 ? 0 : same;
    this.#last = (runnable[index] as Choice).taskId;
    return index;
  }
}
