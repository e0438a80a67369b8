import { MEASURES, type Timings } from "./cycle.ts";

/** The shares of samples that a report gives, in percent. */
const PERCENTS = [50, 90, 99] as const;

/** What one server took. */
export interface Series {
  readonly name: string;
  readonly samples: readonly Timings[];
}

/** Percentiles of one measure, in milliseconds, by "p50" and so on. */
export type Percentiles = Readonly<Record<string, number>>;

/** The smallest sample that `percent` of all are not above. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? Number.NaN;
}

/** By measure. */
export function summaryOf({ samples }: Series): Readonly<Record<string, Percentiles>> {
  return Object.fromEntries(MEASURES.map((measure) => {
    const values = samples.map((it) => it[measure]);
    const entries = PERCENTS.map((it) => [`p${it}`, percentile(values, it)] as const);
    return [measure, Object.fromEntries(entries)];
  }));
}

/** A table: a row a measure, for each server its percentiles, and how many times the first one's median the others' are. */
export function tableOf(all: readonly Series[]): readonly string[] {
  const summaries = all.map(summaryOf);
  const rows = [
    [
      "ms",
      ...all.flatMap(({ name }) => PERCENTS.map((it) => `${name} p${it}`)),
      ...ratioHeads(all),
    ],
    ...MEASURES.map((measure) => [
      measure,
      ...summaries.flatMap((it) => PERCENTS.map((p) => (it[measure]?.[`p${p}`] ?? 0).toFixed(1))),
      ...summaries.slice(1).map((it) => `×${ratio(it, summaries[0], measure).toFixed(2)}`),
    ]),
  ];
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ")
  );
}

type Summary = ReturnType<typeof summaryOf>;

function ratioHeads([first, ...others]: readonly Series[]): readonly string[] {
  return others.map(({ name }) => `${name}/${first?.name}`);
}

function ratio(summary: Summary, first: Summary | undefined, measure: string): number {
  return (summary[measure]?.["p50"] ?? Number.NaN) / (first?.[measure]?.["p50"] ?? Number.NaN);
}
