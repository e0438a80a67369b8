import type { Choice, Chooser } from "../chooser.ts";
import { Baseline } from "../schedule/baseline.ts";

/** A schedule that was made before the run, as probabilistic concurrency testing has it. */
export interface Plan {
  /** Of the tasks, in the order in which they are first seen; those behind the end have 0. */
  readonly priorities: readonly number[];
  /** The choices, counted from 1, at which the task that would run falls below all others. */
  readonly changes: readonly number[];
}

/**
 * Follows a plan: the highest task that can run does, and among equals the one that the baseline would
 * run. So the empty plan is the baseline, and a plan shrinks to the few numbers that matter.
 */
export class Planned implements Chooser {
  readonly #plan: Plan;
  readonly #baseline = new Baseline();
  readonly #priorities = new Map<number, number>();
  readonly #changes: ReadonlySet<number>;
  #choices = 0;

  /** A plan may be followed by several runs; a Planned by one. */
  constructor(plan: Plan) {
    this.#plan = plan;
    this.#changes = new Set(plan.changes);
  }

  /** A step of the highest task. */
  pick(runnable: readonly Choice[]): number {
    let index = this.#highest(runnable);
    if (runnable.length > 1 && this.#changes.has(++this.#choices)) {
      // Below all: a later change falls deeper.
      this.#priorities.set((runnable[index] as Choice).taskId, -this.#choices);
      index = this.#highest(runnable);
    }
    this.#baseline.ran(runnable[index] as Choice);
    return index;
  }

  #highest(runnable: readonly Choice[]): number {
    let best = this.#baseline.pick(runnable);
    let priorityMax = this.#priorityOf(runnable[best] as Choice);
    for (const [index, step] of runnable.entries()) {
      const priority = this.#priorityOf(step);
      if (priority <= priorityMax) continue;
      best = index;
      priorityMax = priority;
    }
    return best;
  }

  #priorityOf({ taskId }: Choice): number {
    let priority = this.#priorities.get(taskId);
    if (priority === undefined) {
      priority = this.#plan.priorities[this.#priorities.size] ?? 0;
      this.#priorities.set(taskId, priority);
    }
    return priority;
  }
}
