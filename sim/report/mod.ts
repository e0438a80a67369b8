/**
 * How a failing run is shown: as a page for the terminal, as NDJSON, as a trace for Perfetto, and as a
 * page for browsers. Data in, text out.
 *
 * @module
 */

export type {
  DescribedDeviation,
  FailureReport,
  Mark,
  Trace,
  TraceStep,
  TraceTask,
} from "./model.ts";
export { reportOfCounterExample } from "./counterexample.ts";
export { describeDeviations } from "./deviations.ts";
export { reportHtml } from "./page.ts";
export { type Failure, reportOf } from "./report.ts";
export { reportChromeTrace } from "./chrome_trace.ts";
export { reportNdjson } from "./ndjson.ts";
export { reportText, type TextOptions } from "./text.ts";
export { type RecordedRun, traceOfRun } from "./trace.ts";
