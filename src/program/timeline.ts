import { cyan, dim } from "@std/fmt/colors";

import type { RecordedSpan } from "./recording.ts";

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

/** A bar chart of spans, one line each, in the order in which they began; what lies inside another is indented. */
export function timelineOf(spans: readonly RecordedSpan[], widthChars: number): readonly string[] {
  const first = Math.min(...spans.map((it) => it.beganMs));
  const whole = Math.max(...spans.map((it) => it.endedMs)) - first;
  if (spans.length === 0 || whole <= 0) return [];
  const names = spans.map((span) => "  ".repeat(depthOf(span, spans)) + span.name);
  const nameChars = Math.max(...names.map((it) => it.length));
  return spans.map((span, index) => {
    const ms = span.endedMs - span.beganMs;
    const offset = Math.floor((span.beganMs - first) / whole * widthChars);
    const bar = barOf(ms / whole * widthChars);
    const room = " ".repeat(Math.max(1, widthChars + 1 - offset - bar.length));
    const label = names[index]?.padEnd(nameChars);
    return `${label}  ${" ".repeat(offset)}${cyan(bar)}${room}${dim(durationText(ms))}`;
  });
}

/** A simulated machine is fast: its calls take a microsecond each. */
function durationText(ms: number): string {
  return ms < 1 ? `${Math.round(ms * 1_000)} µs` : `${ms.toFixed(1)} ms`;
}

/** In eighths of a character, so that short work is seen to be short. */
function barOf(chars: number): string {
  const eighths = Math.max(1, Math.round(chars * 8));
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

function depthOf(span: RecordedSpan, spans: readonly RecordedSpan[]): number {
  const before = spans.slice(0, spans.indexOf(span));
  return before.filter((it) => it.beganMs <= span.beganMs && it.endedMs >= span.endedMs).length;
}
