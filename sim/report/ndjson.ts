import type { FailureReport, Trace, TraceStep } from "./model.ts";

/** The version of the lines; another one when a reader of this one would misread them. */
export const NDJSON_VERSION = 1;

/**
 * A report as lines of JSON, one object each, for programs: what `type` says tells what else is there.
 *
 * | type        | other members                                                                         |
 * | ----------- | ------------------------------------------------------------------------------------- |
 * | `header`    | `version`, `title`, `message`, `invariant`, `replay`, `program`, `isMinimal`, `waits` |
 * | `deviation` | `step`, `mark`, `text`                                                                |
 * | `task`      | `run`, `key`, `name`, `actor`, `parent`                                               |
 * | `step`      | `run`, `number`, `elapsedMicros`, `task`, `key`, `part`, `verb`, `arguments`,         |
 * |             | `detail`, `outcome`, `hasFailed`, `objects`, `wokenBy`, `mark`                        |
 * | `pending`   | those of `step` that are known before it runs                                         |
 * | `state`     | `when` ("before" or "after"), `line`                                                  |
 *
 * The header is the first line, and tasks come before their steps. `run` is "failing" or "passing". What
 * is undefined is absent. New members may come; they change no version.
 */
export function reportNdjson(report: FailureReport): string {
  const lines: object[] = [
    {
      type: "header",
      version: NDJSON_VERSION,
      title: report.title,
      message: report.message,
      invariant: report.invariant,
      replay: report.replayCommand,
      program: report.program,
      isMinimal: report.isMinimal,
      waits: report.waitText,
    },
    ...report.deviations.map((it) => ({ type: "deviation", ...it })),
    ...traceLines("failing", report.failing),
    ...(report.passing === undefined ? [] : traceLines("passing", report.passing)),
    ...report.before.map((line) => ({ type: "state", when: "before", line })),
    ...report.after.map((line) => ({ type: "state", when: "after", line })),
  ];
  return lines.map((it) => `${JSON.stringify(it)}\n`).join("");
}

function traceLines(run: "failing" | "passing", trace: Trace): object[] {
  return [
    ...trace.tasks.map((it) => ({ type: "task", run, ...it })),
    ...trace.steps.map((it) => ({ type: "step", run, ...it })),
    ...trace.pending.map((it) => ({ type: "pending", run, ...planOf(it) })),
  ];
}

/** What is known of a step before it runs. */
function planOf({ task, key, part, verb, arguments: about, detail, objects }: TraceStep): object {
  return { task, key, part, verb, arguments: about, detail, objects };
}
