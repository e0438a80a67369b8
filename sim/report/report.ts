import { messageOf } from "../../src/errors.ts";
import { describeDeviations } from "./deviations.ts";
import type { FailureReport } from "./model.ts";
import { Names } from "./names.ts";
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
  const trace = traceOfRun({ ...failing, isFailing: true });
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
    before: before.map((it) => names.replace(it)),
    after: after.map((it) => names.replace(it)),
    waitText: failure.waitText === undefined ? undefined : names.replace(failure.waitText),
  };
}

/** Violations of an invariant carry its name. */
function invariantOf(error: unknown): string | undefined {
  const named = error as { readonly invariant?: unknown } | null | undefined;
  return typeof named?.invariant === "string" ? named.invariant : undefined;
}
