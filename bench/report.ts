import { type Measure, MEASURES, type Timings } from "./cycle.ts";
import { medianInterval, percentile } from "./statistics.ts";
import type { Memory } from "./usage.ts";

/**
 * What a benchmark found: what `--json` prints. Within a version fields are added only. Times are
 * milliseconds at the client, memory is in megabytes (10^6 bytes).
 */
export interface Report {
  readonly version: 1;
  readonly settings: Settings;
  /** Ours first, then the peers as they were named, then "runc run". */
  readonly endpoints: readonly Endpoint[];
  /** StartContainer of the same core on the simulated kernel. */
  readonly simulated: { readonly calls: Calls };
  /** Ours to each other endpoint. */
  readonly ratios: readonly Ratio[];
}

/** How it was measured. */
export interface Settings {
  /** Pods on each endpoint, after the warm-up. */
  readonly pods: number;
  readonly warmup: number;
  /** How many at a time. */
  readonly parallel: number;
  readonly pauseMs: number;
  readonly network: "host" | "cni";
  readonly workload: "sleep" | "exit";
}

/** One CRI server, or `runc run`. */
export interface Endpoint {
  readonly name: string;
  readonly network: "host" | "cni";
  readonly calls: Calls;
  /** Whole cycles; null where there are none. */
  readonly podsPerSecond: number | null;
  /** Of the daemon and its helpers; null where they cannot be seen, or were not looked at. */
  readonly cpuSecondsPerPod: number | null;
  /** At no pod and at as many as were asked for; empty where it was not measured. */
  readonly memory: readonly Memory[];
}

/** By call or sum of calls; what an endpoint has no such call for is left out. */
export type Calls = Readonly<Partial<Record<Measure, Percentiles>>>;

/** Percentiles of one measure, and the 95 % bootstrap interval of the median. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p50Low: number;
  readonly p50High: number;
}

/** How many times the peer's median ours is: less is better, above 1 we are behind. */
export interface Ratio {
  readonly name: string;
  readonly peer: string;
  readonly network: "host" | "cni";
  readonly calls: Readonly<Partial<Record<Measure, number>>>;
  /** More is better for this one. */
  readonly podsPerSecond: number | null;
  readonly cpuSecondsPerPod: number | null;
  /** Of `pss` at the most pods; null where one of them has none. */
  readonly memory: number | null;
}

/** What was measured at one endpoint. */
export interface Series {
  readonly name: string;
  readonly samples: readonly Timings[];
  readonly podsPerSecond: number | null;
  readonly cpuSecondsPerPod: number | null;
  readonly memory: readonly Memory[];
}

/** Works out a report; the first series is ours. */
export function reportOf(
  settings: Settings,
  series: readonly Series[],
  simulated: readonly Timings[],
): Report {
  const { network } = settings;
  const endpoints = series.map(({ samples, ...rest }) => ({
    ...rest,
    network,
    calls: summaryOf(samples),
  }));
  const [ours, ...others] = endpoints;
  return {
    version: 1,
    settings,
    endpoints,
    simulated: { calls: summaryOf(simulated) },
    ratios: ours === undefined ? [] : others.map((it) => ratioOf(ours, it)),
  };
}

/** By measure, without those that no sample has. */
export function summaryOf(samples: readonly Timings[]): Calls {
  return Object.fromEntries(MEASURES.flatMap((measure) => {
    const values = samples.flatMap((it) => it[measure] ?? []);
    return values.length === 0 ? [] : [[measure, percentilesOf(values)] as const];
  }));
}

/** The report for people: what the calls took, then what pods cost. */
export function linesOf(report: Report): readonly string[] {
  const { endpoints, ratios, simulated, settings } = report;
  const { pods, parallel, pauseMs, network, workload } = settings;
  const ratioHeads = ratios.map((it) => `${it.name}/${it.peer}`);
  const calls = [
    [
      "ms",
      ...endpoints.flatMap(({ name }) => [`${name} p50`, "(95 %)", "p90", "p99"]),
      ...ratioHeads,
    ],
    ...MEASURES.map((measure) => [
      measure,
      ...endpoints.flatMap(({ calls }) => cellsOf(calls[measure])),
      ...ratios.map((it) => ratioCell(it.calls[measure])),
    ]),
  ];
  const row = (
    name: string,
    digits: number,
    value: (endpoint: Endpoint) => number | null | undefined,
    ratio: (ratio: Ratio) => number | null | undefined,
  ) => [
    name,
    ...endpoints.map((it) => fixed(value(it), digits)),
    ...ratios.map((it) => ratioCell(ratio(it))),
  ];
  const costs = [
    ["", ...endpoints.map((it) => it.name), ...ratioHeads],
    row("pods/s", 1, (it) => it.podsPerSecond, (it) => it.podsPerSecond),
    row("CPU s/pod", 3, (it) => it.cpuSecondsPerPod, (it) => it.cpuSecondsPerPod),
    ...podCountsOf(endpoints).map((pods, index, all) =>
      row(
        `MB PSS at ${pods} pods`,
        1,
        (it) => it.memory.find((it) => it.pods === pods)?.pss,
        (it) => index === all.length - 1 ? it.memory : undefined,
      )
    ),
  ];
  const start = simulated.calls["StartContainer"];
  return [
    `${pods} pods on each, ${parallel} at a time, network ${network}, workload ${workload}, ` +
    `${pauseMs} ms between CreateContainer and StartContainer; at the client, without that pause`,
    "",
    ...alignedOf(calls),
    "",
    ...alignedOf(costs),
    "",
    `StartContainer on the simulated kernel: p50 ${fixed(start?.p50, 2)} ms, p99 ${
      fixed(start?.p99, 2)
    } ms`,
  ];
}

function percentilesOf(values: readonly number[]): Percentiles {
  const { low: p50Low, high: p50High } = medianInterval(values);
  const [p50, p90, p99] = [percentile(values, 50), percentile(values, 90), percentile(values, 99)];
  return { p50, p90, p99, p50Low, p50High };
}

function ratioOf(ours: Endpoint, peer: Endpoint): Ratio {
  const calls = MEASURES.flatMap((measure) => {
    const ratio = quotient(ours.calls[measure]?.p50, peer.calls[measure]?.p50);
    return ratio === null ? [] : [[measure, ratio] as const];
  });
  return {
    name: ours.name,
    peer: peer.name,
    network: ours.network,
    calls: Object.fromEntries(calls),
    podsPerSecond: quotient(ours.podsPerSecond, peer.podsPerSecond),
    cpuSecondsPerPod: quotient(ours.cpuSecondsPerPod, peer.cpuSecondsPerPod),
    memory: quotient(ours.memory.at(-1)?.pss, peer.memory.at(-1)?.pss),
  };
}

/** Null where one is missing, or nothing was counted. */
function quotient(one: number | null | undefined, other: number | null | undefined): number | null {
  return typeof one === "number" && typeof other === "number" && other > 0 ? one / other : null;
}

function podCountsOf(endpoints: readonly Endpoint[]): readonly number[] {
  return [...new Set(endpoints.flatMap(({ memory }) => memory.map((it) => it.pods)))];
}

function cellsOf(found: Percentiles | undefined): readonly string[] {
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

function alignedOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ").trimEnd()
  );
}
