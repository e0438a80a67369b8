import { messageOf } from "../../src/errors.ts";
import { parseSchedule, type Schedule } from "../schedule/schedule.ts";
import type { Experiment } from "./experiment.ts";
import { failureClassOf } from "./failure_class.ts";
import type { FailingRun, Shrunk } from "./shrink.ts";
import { traceOf } from "./trace.ts";

/** Changes with the meaning of the fields. */
const FORMAT: CounterExample["format"] = "slipway-counterexample/1";

/** A failing run as a file: everything that makes it again, and what came of it then. */
export interface CounterExample {
  /** Which fields there are and what they mean. */
  readonly format: "slipway-counterexample/1";
  /** The version of Slipway that it was found on. */
  readonly version: string;
  /** The name of the experiment. */
  readonly experiment: string;
  /** Of everything that the schedule does not decide. */
  readonly seed: number;
  /** As its experiment reads it. */
  readonly program: unknown;
  /** What is special in the run. */
  readonly schedule: Schedule;
  /** What kind of failure it is. */
  readonly failureClass: string;
  /** What was said of it. */
  readonly message: string;
  /** How often a task is interrupted that could have gone on. */
  readonly preemptions: number;
  /** Whether none with fewer switches fails. */
  readonly isMinimal: boolean;
  /** Every step: its key and its verb. What a replay must do as well, if the code is the same. */
  readonly trace: readonly string[];
}

/** What a run that fails looks like as a file. */
export function counterExampleOf<Program>(
  experiment: Experiment<Program>,
  { program, seed, schedule, failureClass, ...shrunk }:
    & FailingRun<Program>
    & Partial<Shrunk<Program>>,
  version: string,
): CounterExample {
  const { failure, trace, preemptions } = traceOf(experiment, program, { seed, schedule });
  return {
    format: FORMAT,
    version,
    experiment: experiment.name,
    seed,
    program,
    schedule,
    failureClass,
    message: messageOf(failure),
    preemptions,
    isMinimal: shrunk.isMinimal ?? false,
    trace,
  };
}

/**
 * Reads a counter-example that comes from outside. The program is for its experiment to read.
 *
 * @throws {TypeError} when it is none.
 */
export function parseCounterExample(text: string): CounterExample {
  const data = parseJson(text);
  const { format, version, experiment, seed, schedule, failureClass, message, trace } = data;
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot read counter-example: ${why}`);
  };
  if (format !== FORMAT) refuse(`its format is ${JSON.stringify(format)}, not "${FORMAT}"`);
  if (!Number.isSafeInteger(seed)) refuse("its seed is no whole number");
  for (const [name, value] of Object.entries({ version, experiment, failureClass, message })) {
    if (typeof value !== "string") refuse(`its ${name} is no text`);
  }
  if (!Array.isArray(trace) || !trace.every((it) => typeof it === "string")) {
    refuse("its trace is no list of steps");
  }
  return {
    ...data as unknown as CounterExample,
    schedule: parseSchedule(schedule),
    preemptions: Number(data.preemptions ?? 0),
    isMinimal: data.isMinimal === true,
  };
}

/** How a replay went. */
export interface Replay {
  /** Why it failed; undefined: it did not. */
  readonly failure: unknown;
  /** Whether it failed in the same way. */
  readonly isSame: boolean;
  /** The first step at which it was another run than the one that was recorded; undefined: none. */
  readonly divergence: Divergence | undefined;
  /** How many deviations of the schedule could not be made. */
  readonly missedCount: number;
  /** How many it has. */
  readonly deviationCount: number;
}

/** Where two runs part. */
export interface Divergence {
  /** Counts the steps, from 1. */
  readonly number: number;
  /** The step that was recorded; undefined: the run had ended. */
  readonly expected: string | undefined;
  /** The step that ran; undefined: the run had ended. */
  readonly actual: string | undefined;
}

/**
 * Makes the run of a counter-example again, as far as the code under test lets it: another version may
 * take other steps, and then the first one is named, and how much of the schedule was impossible.
 *
 * @throws {TypeError} when the program is none of the experiment's.
 */
export function replay<Program>(
  experiment: Experiment<Program>,
  example: CounterExample,
): Replay {
  const program = experiment.parse(example.program);
  const { seed, schedule } = example;
  const { failure, trace, missedCount } = traceOf(experiment, program, { seed, schedule });
  return {
    failure,
    isSame: failure !== undefined && failureClassOf(failure) === example.failureClass,
    divergence: divergenceOf(example.trace, trace),
    missedCount,
    deviationCount: schedule.length,
  };
}

/** The first step at which two traces differ. */
export function divergenceOf(
  expected: readonly string[],
  actual: readonly string[],
): Divergence | undefined {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    if (expected[i] === actual[i]) continue;
    return { number: i + 1, expected: expected[i], actual: actual[i] };
  }
  return undefined;
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw new TypeError("Cannot read counter-example: it is no JSON", { cause });
  }
  if (typeof data === "object" && data !== null) return data as Readonly<Record<string, unknown>>;
  throw new TypeError("Cannot read counter-example: it is no object");
}
