import type { CounterExample } from "../experiment/counterexample.ts";
import type { Experiment } from "../experiment/experiment.ts";
import { type Traced, traceOf } from "../experiment/trace.ts";
import type { Deviation, Schedule } from "../schedule/schedule.ts";
import type { FailureReport } from "./model.ts";
import { reportOf } from "./report.ts";

const TRIES_MAX = 24;

/**
 * Makes the run of a counter-example again, looks for the nearest one that passes, and puts together
 * what is shown of both. In a macrotask, as {@linkcode Simulation.run}.
 *
 * The state before is that of the end of the run that passes, which leaves the machine as it was.
 *
 * @param replayCommand the one command that shows it
 * @throws {TypeError} when the program is none of the experiment's.
 */
export function reportOfCounterExample<Program>(
  experiment: Experiment<Program>,
  example: CounterExample,
  replayCommand: string,
): FailureReport {
  const program = experiment.parse(example.program);
  const { seed } = example;
  const failing = traceOf(experiment, program, example);
  const nearest = nearestPassing(experiment, program, { seed, schedule: failing.schedule });
  return reportOf({
    error: failing.failure ?? new Error(`It does not fail; recorded was: ${example.message}`),
    replayCommand,
    program: experiment.describe(program),
    failing: { ...recordedOf(failing), isFailing: failing.failure !== undefined },
    ...(nearest === undefined ? {} : {
      passing: recordedOf(nearest.run),
      before: nearest.run.simulation.snapshot(),
      ...(nearest.without === undefined ? {} : { passingWithout: nearest.without }),
    }),
    after: failing.simulation.snapshot(),
    isMinimal: example.isMinimal,
  });
}

/** A run that passes, and the one deviation that it does without. */
interface Nearest {
  readonly run: Traced;
  readonly without: Deviation | undefined;
}

/** The schedule without one deviation, the latest first, so that both runs begin alike; else without any. */
function nearestPassing<Program>(
  experiment: Experiment<Program>,
  program: Program,
  { seed, schedule }: { readonly seed: number; readonly schedule: Schedule },
): Nearest | undefined {
  for (const without of schedule.slice(-TRIES_MAX).toReversed()) {
    const rest = schedule.filter((it) => it !== without);
    const run = traceOf(experiment, program, { seed, schedule: rest });
    if (run.failure === undefined) return { run, without };
  }
  const run = traceOf(experiment, program, { seed, schedule: [] });
  return run.failure === undefined ? { run, without: undefined } : undefined;
}

/** What the run really did: another version of the code may have left deviations out. */
function recordedOf({ simulation, schedule }: Traced) {
  return { history: simulation.history, schedule };
}
