import type { Trace, TraceStep } from "./model.ts";
import { type Paint, SYMBOLS } from "./paint.ts";
import { cut, fit } from "./width.ts";
import { interestingKeys, type LaneRow, laneRows, laneTasks } from "./window.ts";

/** The narrowest lane in which a call can be told. */
const LANE_WIDTH_MIN = 22;
const LANE_WIDTH_MAX = 48;
const LANES_MAX = 5;
const ROWS_MAX = 60;
const FOLDED_TASKS_MAX = 3;
/** Symbol, number of the step, space. */
const GUTTER = 9;

/** A part of a run as columns, a task each. */
export interface Lanes {
  readonly trace: Trace;
  /** Of the steps that are shown, where they ran. */
  readonly keys: ReadonlySet<string>;
  /** The keys of the tasks. */
  readonly tasks: readonly string[];
  readonly laneWidth: number;
  /** First steps that stand above already. */
  readonly commonCount: number;
}

/**
 * Lays a run out for a width.
 *
 * @param like another run whose steps and tasks are shown, as far as this one has them
 * @param commonCount how many first steps of that one are not shown again
 * @returns undefined when it does not fit: a marked step would be left out
 */
export function lanesOf(
  trace: Trace,
  width: number,
  like?: Lanes,
  commonCount: number = 0,
): Lanes | undefined {
  const keys = like?.keys ?? interestingKeys(trace);
  const countMax = Math.min(LANES_MAX, Math.floor((width - GUTTER) / LANE_WIDTH_MIN));
  const tasks = like?.tasks ?? laneTasks(trace, keys, countMax);
  const marked = new Set(trace.steps.filter((it) => it.mark !== undefined).map((it) => it.task));
  if (tasks.length > countMax || (countMax < LANES_MAX && marked.size > tasks.length)) {
    return undefined;
  }
  const laneWidth = Math.floor((width - GUTTER) / Math.max(1, tasks.length));
  return { trace, keys, tasks, laneWidth: Math.min(LANE_WIDTH_MAX, laneWidth), commonCount };
}

/** The lines of the lanes, names first. */
export function lanesText(lanes: Lanes, paint: Paint): string[] {
  const { trace, tasks, laneWidth } = lanes;
  const names = new Map(trace.tasks.map(({ key, name }) => [key, name]));
  const present = tasks.map((it) => names.get(it) ?? "");
  const header = " ".repeat(GUTTER) + present.map((it) => fit(it, laneWidth - 1)).join(" ");
  const rows = laneRows(trace, lanes.keys, tasks, lanes.commonCount);
  const shown = rows.slice(0, ROWS_MAX);
  const lines = shown.map((row) => rowText(row, lanes, names, paint));
  if (rows.length > shown.length) {
    lines.push(paint.faint(`  ⋮ ${rows.length - shown.length} more lines`));
  }
  return [paint.faint(header.trimEnd()), ...lines];
}

function rowText(
  row: LaneRow,
  { laneWidth, tasks }: Lanes,
  names: ReadonlyMap<string, string>,
  paint: Paint,
): string {
  if (row.kind !== "step") {
    const note = cut(noteText(row, names), laneWidth * tasks.length);
    return paint.faint(`${" ".repeat(GUTTER - 2)}⋮ ${note}`);
  }
  const { step, lane } = row;
  const symbol = step.mark === undefined ? " " : SYMBOLS[step.mark];
  const gutter = `${symbol} ${String(step.number).padStart(GUTTER - 3)} `;
  const rails = "│".padEnd(laneWidth).repeat(lane);
  const cell = cut(stepText(step, laneWidth - 1), laneWidth - 1);
  const tail = lane + 1 < tasks.length
    ? " ".repeat(Math.max(0, laneWidth - cell.length)) +
      "│".padEnd(laneWidth).repeat(tasks.length - lane - 1)
    : "";
  const text = step.mark === undefined ? cell : paint.mark(step.mark, cell);
  return `${step.mark === undefined ? gutter : paint.mark(step.mark, gutter)}${
    paint.faint(rails)
  }${text}${paint.faint(tail.trimEnd())}`;
}

/** "34 steps of conmon c1, 2 of daemon", and how many other tasks; or that others show it. */
export function noteText(
  row: Exclude<LaneRow, { readonly kind: "step" }>,
  names: ReadonlyMap<string, string>,
): string {
  if (row.kind === "common") return `the first ${row.count} steps, as in the failing run`;
  const { counts } = row;
  const heaviest = [...counts].toSorted((a, b) => b[1] - a[1]);
  const texts = heaviest.slice(0, FOLDED_TASKS_MAX).map(([task, count], index) => {
    const unit = index > 0 ? "" : count === 1 ? " step" : " steps";
    return `${count}${unit} of ${names.get(task)}`;
  });
  const more = heaviest.slice(FOLDED_TASKS_MAX);
  if (more.length > 0) {
    const count = more.reduce((sum, it) => sum + it[1], 0);
    texts.push(`${count} of ${more.length} other task${more.length === 1 ? "" : "s"}`);
  }
  return texts.join(", ");
}

/** A call in a lane: its verb without the port's name, the end of its path, and how it failed. */
function stepText(step: TraceStep, width: number): string {
  const { call, failure } = shortCall(step);
  const outcome = failure === "" ? "" : ` ✗ ${failure}`;
  const room = width - call.length - outcome.length - 1;
  const about = step.arguments.length <= room ? step.arguments : shorten(step.arguments, room);
  return `${call}${about === "" ? "" : ` ${about}`}${outcome}`;
}

/** The verb without the port's name, marked when it is a later part or a late answer; and an errno. */
export function shortCall(step: TraceStep): { readonly call: string; readonly failure: string } {
  const verb = step.verb.slice(step.verb.indexOf(".") + 1);
  const prefix = step.part === "reply" ? "↩ " : step.part === "then" ? "… " : "";
  return { call: prefix + verb, failure: step.hasFailed ? errnoOf(step.outcome) : "" };
}

/** Of a path the end tells more than the beginning. */
function shorten(text: string, width: number): string {
  if (width < 4) return "";
  return /^\/\S*$/.test(text) ? `…${text.slice(1 - width)}` : cut(text, width);
}

function errnoOf(message: string): string {
  return /\bE[A-Z]{2,}\b/.exec(message)?.[0] ?? cut(message, 16);
}
