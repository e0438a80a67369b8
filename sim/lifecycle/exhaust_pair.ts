import { type CounterExample, counterExampleOf } from "../experiment/counterexample.ts";
import { exhaust, type Exhaustion } from "../experiment/exhaust.ts";
import { failureClassOf } from "../experiment/failure_class.ts";
import { shrink } from "../experiment/shrink.ts";
import { lifecycleExperiment } from "./experiment.ts";
import { type Pair, pairProgram } from "./pairs.ts";
import type { LifecycleProgram } from "./request.ts";

/** Which pair is explored, and how far. */
export interface PairTask {
  readonly parts: Pair;
  /** Whether tasks are prepared ahead of their start. */
  readonly prepare: LifecycleProgram["prepare"];
  /** Where there are too many schedules: preemptions of a run at most, first none, then one more, up to this. */
  readonly preemptionsMax: number;
  /** Runs of the search without a bound, and of each with one. */
  readonly runsMax: number;
}

/** How far it came. */
export interface PairResult extends Omit<Exhaustion, "extent" | "failing" | "failure"> {
  /** Every schedule with so many preemptions was run; "all": there are no others; -1: not even that. */
  readonly bound: number | "all";
  /** The first schedule that failed, shrunk; undefined: none did. */
  readonly example: CounterExample | undefined;
}

/** Everything that is not of the schedule; any other would do as well. */
export const PAIR_SEED = 1;

/**
 * Explores all schedules of a pair; where those are too many, all with more and more preemptions, as far as
 * the task says. `version` is of the code.
 */
export function exhaustPair(task: PairTask, version: string): PairResult {
  const { parts, prepare, preemptionsMax, runsMax } = task;
  const program = pairProgram(parts, prepare);
  const experiment = lifecycleExperiment();
  let result: PairResult = {
    bound: -1,
    schedules: 0,
    redundant: 0,
    steps: 0,
    example: undefined,
  };
  const bounds = [undefined, ...Array.from({ length: preemptionsMax + 1 }, (_, bound) => bound)];
  for (const bound of bounds) {
    const limit = bound === undefined ? {} : { preemptionsMax: bound };
    const options = { seed: PAIR_SEED, runsMax, ...limit };
    const { extent, failing, failure, ...counts } = exhaust(experiment, program, options);
    if (failing !== undefined) {
      const failureClass = failureClassOf(failure);
      const run = { program, seed: PAIR_SEED, schedule: failing, failureClass };
      const example = counterExampleOf(experiment, shrink(experiment, run), version);
      return { ...counts, bound: result.bound, example };
    }
    if (extent === "unfinished") {
      if (bound === undefined) continue;
      return result;
    }
    // Each search holds the one before it, so its counts stand for both.
    result = { ...counts, bound: extent === "all" ? "all" : bound ?? "all", example: undefined };
    if (extent === "all") break;
  }
  return result;
}
