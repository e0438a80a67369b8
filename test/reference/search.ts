import { messageOf } from "../../src/errors.ts";
import type { Experiment } from "../../sim/experiment/experiment.ts";
import { failureClassOf } from "../../sim/experiment/failure_class.ts";
import { shrink, type Shrunk } from "../../sim/experiment/shrink.ts";
import { traceOf } from "../../sim/experiment/trace.ts";
import { lifecycleExperiment } from "../../sim/lifecycle/experiment.ts";
import type { LifecycleProgram } from "../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../sim/lifecycle/run.ts";
import { reference } from "./operations.ts";
import type { Window } from "./windows.ts";

/** A schedule in which the reference showed a window. */
export interface Found {
  /** Of program and schedule. The seeds begin at 1, so it counts the schedules that were tried. */
  readonly seed: number;
  readonly failure: unknown;
}

/** Tries random schedules of a window's programs, seed by seed, until the reference shows it. */
export function findWindow(window: Window, schedulesMax: number): Found | undefined {
  const experiment = experimentOf(window);
  for (let seed = 1; seed <= schedulesMax; seed++) {
    const { failure } = experiment.run(window.program(seed), { seed });
    if (failure !== undefined) return { seed, failure };
  }
  return undefined;
}

/** The smallest run, of those that are found, in which the reference shows a window. */
export function smallest(window: Window, { seed, failure }: Found): Shrunk<LifecycleProgram> {
  const experiment = experimentOf(window);
  const program = window.program(seed);
  const { schedule } = traceOf(experiment, program, { seed });
  return shrink(experiment, { program, seed, schedule, failureClass: failureClassOf(failure) });
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
