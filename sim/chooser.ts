import { Prng } from "./random.ts";

/** What a strategy may know of a step that can run. */
export interface Choice {
  /** Which of the tasks it belongs to; tasks are numbered in the order in which they came to be. */
  readonly taskId: number;
  /** As histories show it: what the task was begun as. */
  readonly taskName: string;
  /** Counts the steps of its task. */
  readonly seq: number;
  /**
   * A verb of a port ("files.writeFile"), a system call of a program ("open"), or what the machine
   * does by itself ("timer").
   */
  readonly verb: string;
}

/** The answer of a strategy that lets time pass, though something can run. */
export const ADVANCE_CLOCK: number = -1;

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

  /** Two walks of one seed take the same way, as long as they are offered the same steps. */
  constructor(
    seed: number,
    /**
     * Probability of a step at which everything is so slow that a timer fires first. May be changed at
     * any time.
     */
    public slowness: number = 0,
  ) {
    this.#random = new Prng(seed, "chooser");
  }

  /** Draws one of `runnable`, or time. */
  pick(runnable: readonly Choice[], canAdvance: boolean): number {
    if (canAdvance && this.slowness > 0 && this.#random.chance(this.slowness)) return ADVANCE_CLOCK;
    return runnable.length === 1 ? 0 : this.#random.below(runnable.length);
  }
}

/** Goes on with the task that ran last as long as it can, then takes the lowest: few switches. */
export class Sequential implements Chooser {
  #last = 0;

  /** The first step of the task that ran last, else of the lowest. */
  pick(runnable: readonly Choice[]): number {
    const same = runnable.findIndex((step) => step.taskId === this.#last);
    const index = same < 0 ? 0 : same;
    this.#last = (runnable[index] as Choice).taskId;
    return index;
  }
}
