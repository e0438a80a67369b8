import type { Trace, TraceStep } from "./model.ts";

/** Steps of the same task that are shown before and after a marked one. */
const CONTEXT = 2;
/** Steps that are shown when nothing is marked. */
const TAIL = 12;
/** Fewer rows that both runs share are shown twice. */
const COMMON_ROWS_MIN = 5;
/** Of many marks the last ones tell most. */
const MARKS_MAX = 24;

/** One line of lanes: a step in the lane of its task, or steps that are not shown. */
export type LaneRow =
  | { readonly kind: "step"; readonly step: TraceStep; readonly lane: number }
  | { readonly kind: "fold"; readonly counts: ReadonlyMap<string, number> }
  | { readonly kind: "common"; readonly count: number };

/** The keys of the steps that tell the story: marked ones, and what their tasks did around them. */
export function interestingKeys(trace: Trace): ReadonlySet<string> {
  const marked = trace.steps.filter((it) => it.mark !== undefined).slice(-MARKS_MAX);
  const chosen = marked.length === 0 ? trace.steps.slice(-TAIL) : marked;
  const keys = new Set<string>();
  const ofTask = Map.groupBy(trace.steps, (it) => it.task);
  for (const step of chosen) {
    const steps = ofTask.get(step.task) ?? [];
    const index = steps.indexOf(step);
    const around = steps.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1);
    for (const { key } of around) keys.add(key);
    // Who was overtaken stands just before.
    const before = trace.steps[step.number - 1 - (trace.steps[0]?.number ?? 1)];
    if (before !== undefined) keys.add(before.key);
  }
  return keys;
}

/**
 * The tasks that get a lane, at most `countMax`: those with the most marks, then with the most steps of
 * interest. In the order of their first steps.
 */
export function laneTasks(trace: Trace, keys: ReadonlySet<string>, countMax: number): string[] {
  const weights = new Map<string, number>();
  for (const { task, key, mark } of trace.steps) {
    if (!keys.has(key)) continue;
    weights.set(task, (weights.get(task) ?? 0) + (mark === undefined ? 1 : 100));
  }
  const heaviest = [...weights].toSorted((a, b) => b[1] - a[1]).slice(0, countMax);
  const chosen = new Set(heaviest.map(([task]) => task));
  return trace.tasks.map((it) => it.key).filter((key) => chosen.has(key));
}

/**
 * The rows from the first step of interest to the last; all others are folded.
 *
 * @param commonCount first steps that stand beside already
 */
export function laneRows(
  trace: Trace,
  keys: ReadonlySet<string>,
  lanes: readonly string[],
  commonCount: number = 0,
): LaneRow[] {
  const rows = allRows(trace, keys, lanes);
  const from = (trace.steps[0]?.number ?? 1) + commonCount - CONTEXT;
  const apart = rows.findIndex((it) => it.kind === "step" && it.step.number >= from);
  const first = apart < 0 ? rows.length - CONTEXT : apart;
  if (first < COMMON_ROWS_MIN) return rows;
  const shown = rows[first];
  const count = shown?.kind === "step" ? shown.step.number - (trace.steps[0]?.number ?? 1) : 0;
  return [{ kind: "common", count }, ...rows.slice(first)];
}

function allRows(
  trace: Trace,
  keys: ReadonlySet<string>,
  lanes: readonly string[],
): LaneRow[] {
  const isShown = ({ key, task }: TraceStep) => keys.has(key) && lanes.includes(task);
  const first = trace.steps.findIndex(isShown);
  const last = trace.steps.findLastIndex(isShown);
  const rows: LaneRow[] = [];
  let counts = new Map<string, number>();
  for (const step of trace.steps.slice(first, last + 1)) {
    if (!isShown(step)) {
      counts.set(step.task, (counts.get(step.task) ?? 0) + 1);
      continue;
    }
    if (counts.size > 0) rows.push({ kind: "fold", counts });
    counts = new Map();
    rows.push({ kind: "step", step, lane: lanes.indexOf(step.task) });
  }
  return rows;
}

/** How many first steps two runs share. */
export function commonCount(a: Trace, b: Trace): number {
  const length = Math.min(a.steps.length, b.steps.length);
  for (let i = 0; i < length; i++) if (a.steps[i]?.key !== b.steps[i]?.key) return i;
  return length;
}
