import { bold, green, red } from "@std/fmt/colors";
import { type MutantResult, type Summary, summaryOf } from "./result.ts";

const HEADINGS = [
  "mutant",
  "source",
  "found by",
  "strategy",
  "schedules",
  "seconds",
  "preemptions",
] as const;
/** Columns of numbers, from the right. */
const NUMBERS_FROM = 4;
/** A link is as good as its end. */
const SOURCE_LENGTH_MAX = 40;

/** All results as a table, and a line that sums them up. */
export function tableOf(results: readonly MutantResult[]): string {
  const rows = results.map((it) => [
    it.name,
    it.source.replace("https://github.com/", "").slice(0, SOURCE_LENGTH_MAX),
    it.outcome === "killed" ? it.invariant : it.outcome.toUpperCase(),
    it.strategy ?? "",
    String(it.schedules),
    it.seconds.toFixed(2),
    it.preemptions === null ? "" : String(it.preemptions),
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      column < NUMBERS_FROM ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd();
  return [
    bold(line(HEADINGS)),
    ...rows.map((row, index) =>
      results[index]?.outcome === "survived" ? red(line(row)) : line(row)
    ),
    "",
    summaryText(summaryOf(results)),
  ].join("\n");
}

function summaryText(summary: Summary): string {
  const { mutants, killed, killedByScenario } = summary;
  const count = `${killed} of ${mutants} mutants found by the search, ` +
    `${killedByScenario} by their scenario alone`;
  const verdict = killed + killedByScenario === mutants ? green(count) : red(count);
  if (killed === 0) return verdict;
  return `${verdict}: ` +
    `median ${summary.schedulesMedian} schedules and ${summary.secondsMedian.toFixed(2)} s, ` +
    `worst ${summary.schedulesMax} schedules and ${summary.secondsMax.toFixed(2)} s of CPU time`;
}

/** By invariant, how many mutants it found and which of them nothing else finds. */
export function invariantsOf(
  results: readonly MutantResult[],
  alone: ReadonlyMap<string, readonly string[]>,
): string {
  const found = Map.groupBy(
    results.filter((it) => it.outcome === "killed"),
    (it) => it.invariant,
  );
  const names = [...new Set([...found.keys(), ...alone.keys()])]
    .toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return [
    bold("found by   mutants  nothing else finds"),
    ...names.map((name) =>
      `${name.padEnd(9)}  ${String(found.get(name)?.length ?? 0).padStart(7)}  ` +
      (alone.get(name) ?? []).join(", ")
    ),
  ].join("\n");
}
