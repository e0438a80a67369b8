import { type Choice, type Chooser, Prng } from "../../../sim/mod.ts";

/** Runs one task before all others, and of the others, where that one waits, any. */
export class FocusFirst implements Chooser {
  /** The task that goes first. */
  focus = 0;
  #random = new Prng(0, "others");

  /** Decides among the others from now on. */
  reseed(seed: number): void {
    this.#random = new Prng(seed, "others");
  }

  pick(runnable: readonly Choice[]): number {
    const index = runnable.findIndex((it) => it.taskId === this.focus);
    return index >= 0 ? index : this.#random.below(runnable.length);
  }
}
