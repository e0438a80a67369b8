import type { Choice, Chooser } from "../chooser.ts";

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
