import type { Schedule } from "../schedule/schedule.ts";
import type { Experiment } from "./experiment.ts";
import { Explorer, RedundantRun } from "./explorer.ts";

/** How far to go. */
export interface ExhaustOptions {
  /** Of everything that the schedule does not decide. */
  readonly seed: number;
  /** Preemptions of a run at most; unless given there is no bound. */
  readonly preemptionsMax?: number;
  /** Runs after which it is given up; unless given there is no limit. */
  readonly runsMax?: number;
  /** Asked before each run: ends the search early. */
  readonly isOver?: () => boolean;
}

/** What came of a search through all schedules of a program. */
export interface Exhaustion {
  /**
   * `all`: every schedule there is. `bounded`: every one within the bound of preemptions. `unfinished`:
   * it was ended before, or by a failure.
   */
  readonly extent: "all" | "bounded" | "unfinished";
  /** Schedules that ran to their end: no two differ only in the order of steps that commute. */
  readonly schedules: number;
  /** Runs that were ended where they came to a state that another one had seen. */
  readonly redundant: number;
  /** Of all runs together. */
  readonly steps: number;
  /** The first schedule that failed; undefined: none did. */
  readonly failing: Schedule | undefined;
  /** Why it failed. */
  readonly failure: unknown;
}

/** Runs a program under one schedule after the other until all are done or one fails. */
export function exhaust<Program>(
  experiment: Experiment<Program>,
  program: Program,
  { seed, preemptionsMax, runsMax = Infinity, isOver = () => false }: ExhaustOptions,
): Exhaustion {
  const explorer = new Explorer(preemptionsMax === undefined ? {} : { preemptionsMax });
  const sum = { schedules: 0, redundant: 0, steps: 0 };
  for (;;) {
    if (sum.schedules + sum.redundant >= runsMax || isOver()) {
      return { ...sum, extent: "unfinished", failing: undefined, failure: undefined };
    }
    const { failure, steps } = experiment.run(program, { seed, explorer });
    sum.steps += steps;
    if (failure instanceof RedundantRun) sum.redundant++;
    else sum.schedules++;
    if (failure !== undefined && !(failure instanceof RedundantRun)) {
      // The explorer has not turned yet, so it is the same run, and now it is recorded.
      const failing = experiment.run(program, { seed, explorer, record: true }).simulation
        .schedule();
      return { ...sum, extent: "unfinished", failing, failure };
    }
    if (explorer.next()) continue;
    const extent = explorer.wasBounded ? "bounded" : "all";
    return { ...sum, extent, failing: undefined, failure: undefined };
  }
}
