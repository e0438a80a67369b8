import { CALLS, type CallTime } from "./cycle.ts";
import type { WaterfallCall, WaterfallSpan } from "./report.ts";
import type { PodTrace, SpanNode, SpanRoot } from "./spans.ts";
import { percentile } from "./statistics.ts";

/** Each call of a pod, of the pod whose call took most nearly the median. */
export function typicalCalls(traces: readonly PodTrace[]): readonly WaterfallCall[] {
  return CALLS.flatMap((call) => {
    const found = traces.flatMap(({ cycle, roots }) =>
      cycle.calls.filter((it) => it.call === call).map((time) => ({ time, roots }))
    );
    const median = percentile(found.map((it) => it.time.ms), 50);
    const typical = found.find((it) => it.time.ms === median);
    return typical === undefined ? [] : [waterfallOf(typical.time, typical.roots)];
  });
}

/** What a pod's daemon did while a call lasted. */
export function waterfallOf(time: CallTime, roots: readonly SpanRoot[]): WaterfallCall {
  const spans = roots.filter((it) => overlaps(it, time)).flatMap((root) => {
    const isBackground = root.origin !== time.call;
    return flattened(root, time, { depth: 0, isBackground });
  });
  return { call: time.call, ms: time.ms, spans };
}

function overlaps(span: SpanNode, { beganMs, ms }: CallTime): boolean {
  return span.endedMs > beganMs && span.beganMs < beganMs + ms;
}

function flattened(
  span: SpanNode,
  time: CallTime,
  { depth, isBackground }: { readonly depth: number; readonly isBackground: boolean },
): readonly WaterfallSpan[] {
  const began = Math.max(0, span.beganMs - time.beganMs);
  const ended = Math.min(time.ms, span.endedMs - time.beganMs);
  const { name, isWait } = span;
  return [
    { name, depth, startMs: began, ms: ended - began, isWait, isBackground },
    ...span.children.filter((it) => overlaps(it, time))
      .flatMap((it) => flattened(it, time, { depth: depth + 1, isBackground })),
  ];
}
