import type { Choice } from "../chooser.ts";

/**
 * What runs where nothing is said: the task that ran last goes on as long as it can, then the youngest
 * that can run. So a call runs to its end with all that it begins, as if nobody else were there.
 */
export class Baseline {
  #lastTask = 0;

  /** The index of the step that it would run. */
  pick(runnable: readonly Choice[]): number {
    // Ordered by task: the last one is of the youngest, whose first one is looked for.
    let youngest = runnable.length - 1;
    const youngestTask = (runnable[youngest] as Choice).taskId;
    for (let i = 0; i < runnable.length; i++) {
      const { taskId } = runnable[i] as Choice;
      if (taskId === this.#lastTask) return i;
      if (taskId === youngestTask) youngest = Math.min(youngest, i);
    }
    return youngest;
  }

  /** Whether the task that ran last could go on with `step`: not to do so preempts it. */
  isGoingOn(step: Choice): boolean {
    return step.taskId === this.#lastTask;
  }

  /** Told of every step that runs. */
  ran(step: Choice): void {
    this.#lastTask = step.taskId;
  }
}
