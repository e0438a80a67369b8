import { type DescribedDeviation, type FailureReport, passingTitle } from "./model.ts";
import { difference } from "../world/snapshot.ts";
import { type Paint, painter, SYMBOLS } from "./paint.ts";
import { type Lanes, lanesOf, lanesText } from "./text_lanes.ts";
import { cut, wrap } from "./width.ts";
import { commonCount } from "./window.ts";

const WIDTH = 120;
const GAP = "   ";
const DEVIATIONS_MAX = 20;
const STATE_LINES_MAX = 40;
const FAILING = "The failing run";

/** How a report is written. */
export interface TextOptions {
  /** Columns of the terminal; 120 unless given. */
  readonly width?: number;
  /** Whether colours are used; not unless given. */
  readonly hasColor?: boolean;
}

/** The page of a failure for a terminal. */
export function reportText(report: FailureReport, options: TextOptions = {}): string {
  const { width = WIDTH, hasColor = false } = options;
  const paint = painter(hasColor);
  const sections = [
    [paint.violation(report.title), "", `replay: ${paint.strong(report.replayCommand)}`],
    titled("What happened", deviationLines(report, width, paint), paint),
    laneLines(report, width, paint),
    titled(
      report.before.length === 0 ? "State" : "State, before (-) and after (+)",
      stateLines(report, width - 2),
      paint,
    ),
    titled("In full", report.message.split("\n").slice(1), paint),
    titled("Who waits for what", report.waitText?.split("\n") ?? [], paint),
    titled("Program", report.program, paint),
  ];
  return sections.filter((it) => it.length > 0).map((it) => it.join("\n")).join("\n\n");
}

function titled(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint.strong(title), ...lines.map((it) => `  ${it}`.trimEnd())];
}

function deviationLines(report: FailureReport, width: number, paint: Paint): string[] {
  const { deviations, isMinimal, title } = report;
  const shown = deviations.slice(0, DEVIATIONS_MAX);
  const lines = shown.flatMap((it, index) => sentence(it, index + 1, width - 4, paint));
  if (deviations.length > shown.length) {
    lines.push(`   … and ${deviations.length - shown.length} more`);
  }
  if (deviations.length === 0) {
    lines.push("The run is sequential: nothing is preempted and nothing fails.");
  }
  if (isMinimal !== undefined) {
    lines.push(
      isMinimal
        ? "Minimal: no schedule with one deviation fewer fails."
        : "Not proved to be minimal.",
    );
  }
  const last = report.failing.steps.at(-1)?.number ?? 0;
  const verdict = sentence(
    { step: last, mark: "violation", text: title },
    undefined,
    width - 4,
    paint,
  );
  return [...lines, ...verdict];
}

/** "▶ 1. step 214: …", wrapped below its own beginning. */
function sentence(
  { step, mark, text }: DescribedDeviation,
  number: number | undefined,
  width: number,
  paint: Paint,
): string[] {
  const head = `${SYMBOLS[mark]} ${number === undefined ? "" : `${number}. `}step ${step}: `;
  const [first = "", ...rest] = wrap(text, width - head.length);
  return [
    `${paint.mark(mark, head)}${first}`,
    ...rest.map((it) => `${" ".repeat(head.length)}${it}`),
  ];
}

/** Both runs side by side when they fit, else one below the other. */
function laneLines(report: FailureReport, width: number, paint: Paint): string[] {
  const { failing, passing } = report;
  if (passing === undefined) return section(FAILING, lanesOf(failing, width), paint);
  const title = passingTitle(report);
  const half = Math.floor((width - GAP.length) / 2);
  const left = lanesOf(failing, half);
  if (left !== undefined) {
    const right = section(title, lanesOf(passing, half, left), paint);
    return beside(section(FAILING, left, paint), right, half);
  }
  const wide = lanesOf(failing, width);
  const rest = lanesOf(passing, width, wide, commonCount(failing, passing));
  return [...section(FAILING, wide, paint), "", ...section(title, rest, paint)];
}

function section(title: string, lanes: Lanes | undefined, paint: Paint): string[] {
  return lanes === undefined ? [] : [paint.strong(title), ...lanesText(lanes, paint)];
}

function beside(left: readonly string[], right: readonly string[], width: number): string[] {
  const count = Math.max(left.length, right.length);
  return Array.from({ length: count }, (_, index) => {
    const text = left[index] ?? "";
    const padding = " ".repeat(Math.max(0, width - visibleLength(text)));
    return `${text}${padding}${GAP}${right[index] ?? ""}`.trimEnd();
  });
}

function visibleLength(text: string): number {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[\d*m/g, "").length;
}

function stateLines({ before, after }: FailureReport, width: number): readonly string[] {
  if (before.length === 0) return after.map((it) => cut(it, width));
  const changes = difference(before, after);
  const common = before.length - changes.filter((it) => it.startsWith("-")).length;
  const shown = changes.slice(0, STATE_LINES_MAX).map((it) => cut(it, width));
  const more = changes.length - shown.length;
  return [
    ...shown,
    ...(more > 0 ? [`  ${more} more are different`] : []),
    `  ${common} more as before`,
  ];
}
