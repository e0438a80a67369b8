import type { Cycle, Timings } from "./cycle.ts";
import type { Trace } from "./report.ts";
import { callCounts, spanStatistics } from "./span_statistics.ts";
import { parseTrace, podTraces } from "./spans.ts";
import { estimatesOf, samplesOf } from "./summary.ts";
import { typicalCalls } from "./waterfall.ts";

/**
 * Works out where the time goes.
 *
 * @param lines of the traced daemon's trace
 * @param cycles the pods that it ran and that count
 * @param untraced what its pods took on a daemon that tells nothing, in the same rounds
 */
export function traceOf(
  lines: readonly string[],
  cycles: readonly Cycle[],
  untraced: readonly Timings[],
): Trace {
  const traces = podTraces(parseTrace(lines), cycles);
  return {
    pods: traces.length,
    overhead: estimatesOf(samplesOf(cycles.map((it) => it.timings)), samplesOf(untraced)),
    waterfall: typicalCalls(traces),
    spans: spanStatistics(traces),
    counts: callCounts(traces),
  };
}
