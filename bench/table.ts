import { MEASURES } from "./cycle.ts";
import { READ_CALLS } from "./reads.ts";
import type { Bar, Endpoint, Percentiles, Ratio, Report, SpanStatistics } from "./report.ts";
import { quotient } from "./summary.ts";

/** What takes less than this of a call is no line of its own for people. */
const LEAST_MS = 0.05;

/** The report for people: what calls took, what pods cost, what is asked of it, where the time goes. */
export function linesOf(report: Report): readonly string[] {
  const { settings, simulated } = report;
  const { pods, parallel, pauseMs, network, workload } = settings;
  const start = simulated.calls["StartContainer"];
  return [
    `${pods} pods on each, ${parallel} at a time, network ${network}, workload ${workload}, ` +
    `${pauseMs} ms between CreateContainer and StartContainer; at the client, without that pause`,
    ...section(callRows(report)),
    ...section(costRows(report)),
    ...section(barRows(report.bars)),
    ...section(spanRows(report)),
    "",
    `StartContainer on the simulated kernel: p50 ${fixed(start?.p50, 2)} ms, p99 ${
      fixed(start?.p99, 2)
    } ms`,
  ];
}

type Row = readonly string[];

function callRows({ endpoints, ratios }: Report): readonly Row[] {
  const shown = endpoints.filter((it) => Object.keys(it.calls).length > 0);
  if (shown.length === 0) return [];
  const heads = shown.flatMap(({ name }) => [`${name} p50`, "(95 %)", "p90", "p99"]);
  return [
    ["ms", ...heads, ...ratios.map(headOf)],
    ...MEASURES.map((measure) => [
      measure,
      ...shown.flatMap(({ calls }) => cellsOf(calls[measure])),
      ...ratios.map((it) => ratioCell(it.calls[measure])),
    ]),
  ];
}

/** A row is left out when it would be empty. */
function costRows(report: Report): readonly Row[] {
  const { endpoints, ratios } = report;
  const [ours, ...others] = endpoints;
  const row = (
    name: string,
    digits: number,
    value: (endpoint: Endpoint) => number | null | undefined,
  ): readonly Row[] => {
    const values = endpoints.map(value);
    if (values.every((it) => typeof it !== "number")) return [];
    const found = ours && others.map((it) => ratioCell(quotient(value(ours), value(it))));
    return [[name, ...values.map((it) => fixed(it, digits)), ...found ?? []]];
  };
  const rows = [
    ...row("pods/s", 1, (it) => it.podsPerSecond),
    ...row("CPU s/pod", 3, (it) => it.cpuSecondsPerPod),
    ...countsOf(endpoints, (it) => it.memory).flatMap((pods) =>
      row(`MB PSS at ${pods} pods`, 1, (it) => at(it.memory, pods)?.pss)
    ),
    ...countsOf(endpoints, (it) => it.reads).flatMap((pods) =>
      READ_CALLS.flatMap((call) =>
        row(`${call} p50 ms at ${pods}`, 2, (it) => at(it.reads, pods)?.calls[call]?.p50)
      )
    ),
    ...countsOf(endpoints, (it) => it.growth).flatMap((pods) =>
      row(
        `run → started p50 ms at ${pods}`,
        1,
        (it) => at(it.growth, pods)?.calls["run → started"]?.p50,
      )
    ),
    ...row("pods/s started at once", 1, (it) => it.burst?.podsPerSecond),
    ...row("delay of others p99 ms", 1, (it) => it.burst?.delay.p99),
  ];
  if (rows.length === 0) return [];
  return [["", ...endpoints.map((it) => it.name), ...ratios.map(headOf)], ...rows];
}

function barRows(bars: readonly Bar[]): readonly Row[] {
  if (bars.length === 0) return [];
  return [
    ["bar", "measured", "(95 %)", "has to be", ""],
    ...bars.map(({ name, peer, value, low, high, limit, unit, better, isMet }) => {
      const interval = low === null ? "" : `${fixed(low, 2)}–${fixed(high, 2)}`;
      return [
        peer === null ? name : `${name}, ${peer}`,
        withUnit(value, unit),
        interval,
        `${better === "less" ? "≤" : "≥"} ${withUnit(limit, unit)}`,
        isMet ? "met" : "NOT MET",
      ];
    }),
  ];
}

function spanRows({ trace }: Report): readonly Row[] {
  if (trace === null) return [];
  const overhead = trace.overhead["whole cycle"];
  const head = overhead === undefined ? "" : ` (telling costs ×${overhead.value.toFixed(2)})`;
  return [
    [`where the time goes, ${trace.pods} pods${head}`, "p50 ms", "p90", "a pod", "of it"],
    ...trace.spans.filter((it) => it.p50 >= LEAST_MS).map(spanRow),
  ];
}

function spanRow({ path, p50, p90, perPod, share, isWait }: SpanStatistics): Row {
  const name = `${"  ".repeat(path.length - 1)}${path.at(-1)}${isWait ? " …" : ""}`;
  const percent = share === null ? "" : `${Math.round(share * 100)} %`;
  return [name, fixed(p50, 2), fixed(p90, 2), `${perPod}×`, percent];
}

function withUnit(value: number, unit: Bar["unit"]): string {
  return unit === "×" ? `×${value.toFixed(2)}` : `${value.toFixed(1)} ${unit}`;
}

function headOf({ name, peer }: Ratio): string {
  return `${name}/${peer}`;
}

function at<T extends { readonly pods: number }>(levels: readonly T[], pods: number) {
  return levels.find((it) => it.pods === pods);
}

function countsOf(
  endpoints: readonly Endpoint[],
  levels: (endpoint: Endpoint) => readonly { readonly pods: number }[],
): readonly number[] {
  return [...new Set(endpoints.flatMap((it) => levels(it).map((it) => it.pods)))];
}

function cellsOf(found: Percentiles | undefined): Row {
  if (found === undefined) return ["", "", "", ""];
  const { p50, p50Low, p50High, p90, p99 } = found;
  const [low, high] = [fixed(p50Low, 1), fixed(p50High, 1)];
  return [fixed(p50, 1), `${low}–${high}`, fixed(p90, 1), fixed(p99, 1)];
}

function fixed(value: number | null | undefined, digits: number): string {
  return value?.toFixed(digits) ?? "";
}

function ratioCell(ratio: number | null | undefined): string {
  return typeof ratio === "number" ? `×${ratio.toFixed(2)}` : "";
}

/** With an empty line before it; nothing for nothing. */
function section(rows: readonly Row[]): readonly string[] {
  return rows.length === 0 ? [] : ["", ...aligned(rows)];
}

/** Columns under each other, the first to the left, the others to the right. */
export function aligned(rows: readonly Row[]): readonly string[] {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  );
}
