import type { History, HistoryEntry } from "../history.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { callTexts } from "./calls.ts";
import { marksOf } from "./marks.ts";
import type { Trace, TraceStep, TraceTask } from "./model.ts";
import { Names } from "./names.ts";
import { distinct, taskName } from "./task_names.ts";

/** One run, before it is a trace. */
export interface RecordedRun {
  /** Kept by a simulation with `history: true`. */
  readonly history: History;
  /** What it did other than the baseline; nothing unless given. */
  readonly schedule?: Schedule;
  /** Whether it ends with what broke. */
  readonly isFailing?: boolean;
}

/** A run as data: tasks and objects by names that readers understand, deviations marked. */
export function traceOfRun(run: RecordedRun): Trace {
  const entries = run.history.entries();
  const names = new Names(entries);
  const tasks = tasksOf(entries, names);
  const marks = marksOf(entries, run.schedule ?? []);
  const last = entries.at(-1);
  if (run.isFailing && last !== undefined) marks.set(last.number, "violation");
  const ownerOf = new Map(entries.map((it) => [it.number, it.taskKey]));
  const toStep = (entry: HistoryEntry): TraceStep => {
    const waker = ownerOf.get(entry.cause);
    const isWoken = entry.part !== "reply" && waker !== undefined && waker !== entry.taskKey;
    return {
      ...stepOf(entry, names),
      wokenBy: isWoken ? entry.cause : undefined,
      mark: marks.get(entry.number),
    };
  };
  return { tasks, steps: entries.map(toStep), pending: run.history.pending().map(toStep) };
}

function stepOf(entry: HistoryEntry, names: Names): Omit<TraceStep, "mark" | "wokenBy"> {
  const { line, detail, objects } = callTexts(entry, names);
  return {
    number: entry.number,
    elapsedMicros: entry.elapsedMicros,
    task: entry.taskKey,
    key: entry.key,
    part: entry.part,
    verb: entry.verb,
    arguments: line,
    detail,
    outcome: names.replace(entry.outcome),
    hasFailed: entry.hasFailed,
    objects,
  };
}

function tasksOf(entries: readonly HistoryEntry[], names: Names): TraceTask[] {
  const groups = Map.groupBy(entries, (it) => it.taskKey);
  const texts = distinct([...groups.values()].map((it) => taskName(it, names)));
  return [...groups].map(([key, [first]], index) => ({
    key,
    name: texts[index] as string,
    actor: first?.actor ?? "machine",
    parent: parentOf(key, groups),
  }));
}

/** The key of a task is that of who began it, and a number. */
function parentOf(key: string, tasks: ReadonlyMap<string, unknown>): string | undefined {
  const parent = /^(.+)\.\d+$/.exec(key)?.[1];
  return parent !== undefined && tasks.has(parent) ? parent : undefined;
}
