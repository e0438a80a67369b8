import type { Actor } from "../history.ts";
import type { FailureReport, Trace, TraceStep } from "./model.ts";

/**
 * One event of Chrome's Trace Event Format, as far as it is used here: `M` names a process or a thread,
 * `X` is a step, `i` an instant that everybody sees, `s` and `f` are both ends of an arrow.
 */
export type ChromeEvent =
  | {
    readonly ph: "M";
    readonly name: "process_name" | "process_sort_index" | "thread_name" | "thread_sort_index";
    readonly pid: number;
    readonly tid: number;
    readonly args: { readonly name: string } | { readonly sort_index: number };
  }
  | {
    readonly ph: "X";
    readonly name: string;
    readonly cat: string;
    readonly pid: number;
    readonly tid: number;
    /** Microseconds. */
    readonly ts: number;
    readonly dur: number;
    readonly args: Readonly<Record<string, unknown>>;
    /** One of the viewer's own colours. */
    readonly cname?: string;
  }
  | {
    readonly ph: "i";
    readonly name: string;
    readonly cat: string;
    readonly pid: number;
    readonly tid: number;
    readonly ts: number;
    /** The whole trace. */
    readonly s: "g";
  }
  | Arrow & { readonly ph: "s" }
  // It ends at the slice that encloses its time.
  | Arrow & { readonly ph: "f"; readonly bp: "e" };

/** One end of an arrow: both have its `id`. */
interface Arrow {
  readonly name: "wakes";
  readonly cat: "wake";
  readonly id: number;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
}

const ACTORS: readonly Actor[] = ["client", "daemon", "program", "machine"];
const ACTOR_NAMES: Readonly<Record<Actor, string>> = {
  client: "clients",
  daemon: "daemon",
  program: "programs",
  machine: "machine",
};
/** A step takes no virtual time to speak of: drawn a little narrower than the clock's tick. */
const STEP_MICROS = 0.8;

/**
 * A report as JSON in Chrome's Trace Event Format, which https://ui.perfetto.dev and chrome://tracing
 * open. Each kind of actor is a process and each task a thread; arrows go from the step that makes
 * another possible to that one. Time is virtual, and a step takes a microsecond of it.
 *
 * Source: Trace Event Format, "Complete Events", "Flow Events", "Metadata Events".
 */
export function reportChromeTrace(report: FailureReport): string {
  const traceEvents = [
    ...traceEventsOf(report.failing, "failing run", 0),
    ...(report.passing === undefined
      ? []
      : traceEventsOf(report.passing, "nearest passing run", ACTORS.length)),
  ];
  const otherData = {
    title: report.title,
    replay: report.replayCommand,
    deviations: report.deviations.map(({ step, text }) => `step ${step}: ${text}`),
  };
  return JSON.stringify({ displayTimeUnit: "ns", otherData, traceEvents });
}

function traceEventsOf(trace: Trace, label: string, pidBase: number): ChromeEvent[] {
  const placeOf = placesOf(trace, pidBase);
  return [
    ...processNames(trace, label, pidBase),
    ...trace.tasks.flatMap(({ key, name }, index) => threadNames(placeOf(key), name, index)),
    ...trace.steps.flatMap((step) => stepEvents(step, placeOf(step.task))),
    ...arrows(trace, placeOf),
  ];
}

/** Where a task is drawn. */
interface Place {
  readonly pid: number;
  readonly tid: number;
}

/** Threads have numbers of their own: a pid of the machine comes again. */
function placesOf({ tasks }: Trace, pidBase: number): (task: string) => Place {
  const places = new Map(tasks.map(({ key, actor }, index) => [key, {
    pid: pidBase + ACTORS.indexOf(actor) + 1,
    tid: index + 1,
  }]));
  return (task) => places.get(task) ?? { pid: pidBase + ACTORS.length, tid: 0 };
}

function processNames({ tasks }: Trace, label: string, pidBase: number): ChromeEvent[] {
  const present = ACTORS.filter((actor) => tasks.some((it) => it.actor === actor));
  return present.flatMap((actor): ChromeEvent[] => {
    const pid = pidBase + ACTORS.indexOf(actor) + 1;
    return [
      {
        ph: "M",
        name: "process_name",
        pid,
        tid: 0,
        args: { name: `${ACTOR_NAMES[actor]}, ${label}` },
      },
      { ph: "M", name: "process_sort_index", pid, tid: 0, args: { sort_index: pid } },
    ];
  });
}

function threadNames(place: Place, name: string, index: number): ChromeEvent[] {
  return [
    { ph: "M", name: "thread_name", ...place, args: { name } },
    { ph: "M", name: "thread_sort_index", ...place, args: { sort_index: index } },
  ];
}

function stepEvents(step: TraceStep, place: Place): ChromeEvent[] {
  const { number, elapsedMicros: ts, part, verb, mark, hasFailed } = step;
  const prefix = part === "call" ? "" : `${part} `;
  const event: ChromeEvent = {
    ph: "X",
    name: `${prefix}${verb} ${step.arguments}`.trimEnd(),
    cat: [part, ...(hasFailed ? ["failed"] : []), ...(mark === undefined ? [] : [mark])].join(),
    ...place,
    ts,
    dur: STEP_MICROS,
    args: {
      step: number,
      arguments: step.detail ?? step.arguments,
      outcome: step.outcome,
      objects: step.objects.join(", "),
      key: step.key,
      ...(mark === undefined ? {} : { mark }),
    },
    ...colorOf(step),
  };
  if (mark === undefined || mark === "resumption") return [event];
  return [event, { ph: "i", name: mark, cat: "deviation", ...place, ts, s: "g" }];
}

function colorOf({ mark, hasFailed }: TraceStep): { readonly cname?: string } {
  if (mark === "violation" || mark === "crash" || mark === "fault") return { cname: "terrible" };
  if (mark !== undefined) return { cname: "bad" };
  return hasFailed ? { cname: "grey" } : {};
}

function arrows({ steps }: Trace, placeOf: (task: string) => Place): ChromeEvent[] {
  const byNumber = new Map(steps.map((it) => [it.number, it]));
  return steps.flatMap((step): ChromeEvent[] => {
    const waker = step.wokenBy === undefined ? undefined : byNumber.get(step.wokenBy);
    if (waker === undefined) return [];
    const from = placeOf(waker.task);
    const to = placeOf(step.task);
    // The numbers of both runs begin at 1: the process tells them apart.
    const id = to.pid * 1_000_000 + step.number;
    const arrow = { name: "wakes", cat: "wake", id } as const;
    return [
      { ph: "s", ...arrow, ...from, ts: waker.elapsedMicros + STEP_MICROS / 2 },
      { ph: "f", bp: "e", ...arrow, ...to, ts: step.elapsedMicros + STEP_MICROS / 2 },
    ];
  });
}
