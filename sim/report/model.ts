import type { Actor } from "../history.ts";

/**
 * Why a step is marked. `preemption`: it runs although the task before it could have gone on; `switch`: it
 * runs where another would have, by the baseline; `time`: time passed before it although something could
 * run; `fault`: a fault struck it; `crash`, `cancel`: the daemon's end, or a client's change of mind,
 * came right after it; `resumption`: what a preemption or a switch had put off runs; `violation`: what must
 * hold did not, after it.
 */
export type Mark =
  | "preemption"
  | "switch"
  | "time"
  | "fault"
  | "crash"
  | "cancel"
  | "resumption"
  | "violation";

/** One task of a run, as readers know it. */
export interface TraceTask {
  /** What it is in every run of the same program. */
  readonly key: string;
  /** "StartContainer c1", "conmon c1"; no two of a trace share one. */
  readonly name: string;
  /** Who it is. */
  readonly actor: Actor;
  /** The key of the task that began it, if that took steps of its own. */
  readonly parent: string | undefined;
}

/** One step of a run. Ids are replaced by names in all texts. */
export interface TraceStep {
  /** Counts the steps of the run, from 1; 0 for one that did not run. */
  readonly number: number;
  /** Virtual time since the machine was first switched on. */
  readonly elapsedMicros: number;
  /** The key of its task. */
  readonly task: string;
  /** What it is in every run of the same program, as schedules name it. */
  readonly key: string;
  /** `then`: a later part of a call that takes several steps. `reply`: a late answer. */
  readonly part: "call" | "then" | "reply";
  /** A verb of a port ("files.writeFile"), or a system call of a program ("open"). */
  readonly verb: string;
  /** What the verb is about, in a line. */
  readonly arguments: string;
  /** All of it, where the line leaves something out. */
  readonly detail: string | undefined;
  /** What came of it; empty when there is nothing to say. */
  readonly outcome: string;
  /** Whether `outcome` is an error. */
  readonly hasFailed: boolean;
  /** What it touches: containers and sandboxes by name, paths, "pid 7", "record daemon boot". */
  readonly objects: readonly string[];
  /** The number of a step of another task that made it possible; undefined where none did. */
  readonly wokenBy: number | undefined;
  /** Why it is worth a look; undefined for most. */
  readonly mark: Mark | undefined;
}

/** One run, as data. */
export interface Trace {
  /** In the order in which they took their first steps. */
  readonly tasks: readonly TraceTask[];
  /** In the order in which they ran, numbered without gaps. */
  readonly steps: readonly TraceStep[];
  /** What had not run when it ended, each with the number 0: tasks without one are over. */
  readonly pending: readonly TraceStep[];
}

/** One thing that a schedule does other than the baseline, in words. */
export interface DescribedDeviation {
  /** The number of the marked step. */
  readonly step: number;
  /** What kind it is. */
  readonly mark: Mark;
  /** "StartContainer c1 is preempted before it commits its status; …". */
  readonly text: string;
}

/** Everything that is shown of a failure. */
export interface FailureReport {
  /** What broke, in one line. */
  readonly title: string;
  /** All that was said about it. */
  readonly message: string;
  /** The invariant's name in the catalogue ("I5 no late container"); undefined for other failures. */
  readonly invariant: string | undefined;
  /** The one command that makes the run again. */
  readonly replayCommand: string;
  /** What the clients did, a line each. */
  readonly program: readonly string[];
  /** What the schedule does other than the baseline, in order. */
  readonly deviations: readonly DescribedDeviation[];
  /** Whether no schedule with one deviation fewer fails; undefined when that was not tried. */
  readonly isMinimal: boolean | undefined;
  /** The run that failed. */
  readonly failing: Trace;
  /** The nearest run that passes. */
  readonly passing: Trace | undefined;
  /** The number of the deviation that it does without, from 1; undefined where that is not all. */
  readonly passingWithout: number | undefined;
  /** The state before, a line each thing. */
  readonly before: readonly string[];
  /** The state when it broke. */
  readonly after: readonly string[];
  /** Who waits for what, where that is the failure. */
  readonly waitText: string | undefined;
}

/** What the other run is called. */
export function passingTitle({ passingWithout }: FailureReport): string {
  const without = passingWithout === undefined ? "" : `, without deviation ${passingWithout}`;
  return `The nearest run that passes${without}`;
}
