import type { Choice, Chooser } from "../chooser.ts";

/**
 * Another strategy for the first steps, then each task in turn. A task that polls for what a starved
 * one has to do goes on for ever under an unfair strategy, which is no fault of its own; what does not
 * end under a fair one is a livelock.
 */
export class FairTail implements Chooser {
  #stepsLeft: number;
  #lastTask = 0;

  /** `unfairSteps` are left to `inner`. */
  constructor(readonly inner: Chooser, unfairSteps: number) {
    this.#stepsLeft = unfairSteps;
  }

  /** What the other strategy says; later, the oldest step of the next task. */
  pick(runnable: readonly Choice[], canAdvance: boolean): number {
    if (this.#stepsLeft > 0) {
      this.#stepsLeft--;
      return this.inner.pick(runnable, canAdvance);
    }
    const next = runnable.findIndex((step) => step.taskId > this.#lastTask);
    const index = next < 0 ? 0 : next;
    this.#lastTask = (runnable[index] as Choice).taskId;
    return index;
  }
}
