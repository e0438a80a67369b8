import type { Schedule } from "../schedule/schedule.ts";
import type { Experiment, ExperimentOptions, ExperimentResult } from "./experiment.ts";

/** A run, and every step that it took. */
export interface Traced extends ExperimentResult {
  /** Every step: its key and its verb. Two runs with the same trace are the same run. */
  readonly trace: readonly string[];
  /** Everything that was decided. */
  readonly schedule: Schedule;
  /** How often a task was interrupted that could have gone on. */
  readonly preemptions: number;
  /** How many deviations of the schedule could not be made. */
  readonly missedCount: number;
}

/** Runs a program and writes down every step. */
export function traceOf<Program>(
  experiment: Experiment<Program>,
  program: Program,
  options: ExperimentOptions,
): Traced {
  const result = experiment.run(program, { ...options, record: true, history: true });
  const { simulation } = result;
  return {
    ...result,
    trace: simulation.history.entries().map(({ key, verb }) => `${key} ${verb}`),
    schedule: simulation.schedule(),
    preemptions: simulation.preemptionCount,
    missedCount: simulation.missedCount,
  };
}
