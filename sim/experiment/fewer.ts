import type { Alternative } from "../schedule/recorder.ts";
import type { Deviation, Schedule } from "../schedule/schedule.ts";

/** One run: what it could have done otherwise, and whether it is the failure that is looked for. */
export interface Trial {
  readonly isFailure: boolean;
  readonly alternatives: readonly Alternative[];
}

/** What came of a search: a schedule, or that there is none, or that it was ended before. */
export type FewerResult = Schedule | "none" | "unknown";

/**
 * Looks for a failing schedule of `count` switches, the faults and injections being as given, the fewest
 * preemptions first: every one there is, unless `run` gives undefined, which ends the search.
 */
export function searchWithSwitches(
  strikes: Schedule,
  count: number,
  run: (schedule: Schedule) => Trial | undefined,
): FewerResult {
  const trial = run(strikes);
  if (trial === undefined) return "unknown";
  if (trial.isFailure) return strikes;
  return below(strikes, trial, 0, count, run);
}

/** Every schedule that has one switch more than `prefix`, at or behind choice `from`, and so on. */
function below(
  prefix: Schedule,
  trial: Trial,
  from: number,
  countLeft: number,
  run: (schedule: Schedule) => Trial | undefined,
): FewerResult {
  if (countLeft === 0) return "none";
  for (let i = from; i < trial.alternatives.length; i++) {
    const { at, others } = trial.alternatives[i] as Alternative;
    for (const to of others) {
      const switched: Deviation = { kind: "switch", at, to };
      const schedule = [...prefix, switched];
      const next = run(schedule);
      if (next === undefined) return "unknown";
      if (next.isFailure) return schedule;
      // The choices before this one are the same in both runs; from here on the others count.
      const result = below(schedule, next, i, countLeft - 1, run);
      if (result !== "none") return result;
    }
  }
  return "none";
}
