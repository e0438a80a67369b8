import manifest from "../../deno.json" with { type: "json" };
import { messageOf } from "../../src/errors.ts";
import { counterExampleOf } from "../../sim/experiment/counterexample.ts";
import type { Experiment } from "../../sim/experiment/experiment.ts";
import { failureClassOf } from "../../sim/experiment/failure_class.ts";
import { shrink, type Shrunk } from "../../sim/experiment/shrink.ts";
import { traceOf } from "../../sim/experiment/trace.ts";
import { lifecycleExperiment } from "../../sim/lifecycle/experiment.ts";
import type { LifecycleProgram } from "../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../sim/lifecycle/run.ts";
import { reportOfCounterExample } from "../../sim/report/counterexample.ts";
import type { FailureReport } from "../../sim/report/mod.ts";
import { reference } from "./operations.ts";
import type { Window } from "./windows.ts";

/** A schedule in which the reference showed a window. */
export interface Found {
  /** Of program and schedule. The seeds begin at 1, so it counts the schedules that were tried. */
  readonly seed: number;
  readonly failure: unknown;
}

/** The smallest run of those that were found. */
export interface Smallest {
  /** How many schedules it took to find the first. */
  readonly first: number;
  readonly run: Shrunk<LifecycleProgram>;
}

/** Tries random schedules of a window's programs, seed by seed, until the reference showed it so often. */
export function findWindows(window: Window, schedulesMax: number, countMax: number): Found[] {
  const experiment = experimentOf(window);
  const found: Found[] = [];
  for (let seed = 1; seed <= schedulesMax && found.length < countMax; seed++) {
    const { failure } = experiment.run(window.program(seed), { seed });
    if (failure !== undefined) found.push({ seed, failure });
  }
  return found;
}

/** Shrinks what was found, and takes what has the fewest preemptions, then the fewest deviations. */
export function smallest(window: Window, found: readonly Found[]): Smallest | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const runs = found.map((it) => shrinkFound(window, it));
  const [run] = runs.toSorted((a, b) =>
    a.preemptions - b.preemptions || a.schedule.length - b.schedule.length
  );
  return run && { first: first.seed, run };
}

/** What is to be shown of a window: its smallest run, beside the nearest one that passes. */
export function reportOfWindow(window: Window, { run }: Smallest): FailureReport {
  const experiment = experimentOf(window);
  const example = counterExampleOf(experiment, run, manifest.version);
  return reportOfCounterExample(experiment, example, `deno task showcase ${window.name}`);
}

/** Lives on the reference, in which nothing counts but the window: it breaks more than one thing. */
export function experimentOf(window: Window): Experiment<LifecycleProgram> {
  return {
    ...lifecycleExperiment("reference"),
    run(program, options) {
      const isKnown = ({ message }: Error) => !window.shows.test(message);
      const result = runLifecycle(program, { ...options, operations: reference, isKnown });
      const isShown = result.failure !== undefined && window.shows.test(messageOf(result.failure));
      return { ...result, failure: isShown ? result.failure : undefined };
    },
  };
}

function shrinkFound(window: Window, { seed, failure }: Found): Shrunk<LifecycleProgram> {
  const experiment = experimentOf(window);
  const program = window.program(seed);
  const { schedule } = traceOf(experiment, program, { seed });
  return shrink(experiment, { program, seed, schedule, failureClass: failureClassOf(failure) });
}
