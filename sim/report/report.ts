import { messageOf } from "../../src/errors.ts";
import type { Deviation } from "../schedule/schedule.ts";
import { describeDeviations } from "./deviations.ts";
import { placesOf } from "./marks.ts";
import type { FailureReport } from "./model.ts";
import { Names } from "./names.ts";
import { programName } from "./task_names.ts";
import { type RecordedRun, traceOfRun } from "./trace.ts";

/** What a report is made of. */
export interface Failure {
  /** What the run threw. */
  readonly error: unknown;
  /** The one command that makes the run again. */
  readonly replayCommand: string;
  /** What the clients did, a line each; none unless given. */
  readonly program?: readonly string[];
  /** The run that failed. */
  readonly failing: RecordedRun;
  /** The nearest run that passes, if one was looked for. */
  readonly passing?: RecordedRun;
  /** The one deviation of the failing schedule that it does without, if that is all. */
  readonly passingWithout?: Deviation;
  /** The state before, a line each thing: `Simulation.snapshot`. */
  readonly before?: readonly string[];
  /** The state when it broke. */
  readonly after?: readonly string[];
  /** Whether no schedule with one deviation fewer fails; absent when that was not tried. */
  readonly isMinimal?: boolean;
  /** Who waits for what, where that is the failure: `Simulation.waitText`. */
  readonly waitText?: string;
}

/** Puts together what is shown of a failure, with names for ids everywhere. */
export function reportOf(failure: Failure): FailureReport {
  const { error, failing, passing, before = [], after = [] } = failure;
  const names = new Names(failing.history.entries());
  const message = names.replace(messageOf(error));
  const trace = traceOfRun({ isFailing: true, ...failing });
  const places = placesOf(trace.steps, failing.schedule ?? []);
  const without = places.findIndex((it) => it.deviation === failure.passingWithout);
  return {
    title: message.split("\n", 1)[0] ?? "",
    message,
    invariant: invariantOf(error),
    replayCommand: failure.replayCommand,
    program: failure.program ?? [],
    deviations: describeDeviations(trace, failing.schedule ?? []),
    isMinimal: failure.isMinimal,
    failing: trace,
    passing: passing === undefined ? undefined : traceOfRun(passing),
    passingWithout: without < 0 ? undefined : without + 1,
    before: before.map((it) => stateLine(it, names)),
    after: after.map((it) => stateLine(it, names)),
    waitText: failure.waitText === undefined ? undefined : names.replace(failure.waitText),
  };
}

/** A command line says less than what it is called. */
function stateLine(line: string, names: Names): string {
  const text = names.replace(line);
  return text.replace(
    /^process (.+?)( \(zombie\))?$/,
    (_, command: string, zombie: string = "") => `process ${programName(command, names)}${zombie}`,
  );
}

/** Violations of an invariant carry its name. */
function invariantOf(error: unknown): string | undefined {
  const named = error as { readonly invariant?: unknown } | null | undefined;
  return typeof named?.invariant === "string" ? named.invariant : undefined;
}
