import { barsOf } from "./bars.ts";
import type { Burst } from "./burst.ts";
import { type Measure, MEASURES, type Timings } from "./cycle.ts";
import type { Levels } from "./levels.ts";
import { READ_CALLS, type Reads } from "./reads.ts";
import type {
  BurstReport,
  Calls,
  Endpoint,
  Percentiles,
  Ratio,
  ReadCalls,
  Report,
  Samples,
} from "./report.ts";
import { type Estimate, mean, medianInterval, medianRatio, percentile } from "./statistics.ts";

/** What was measured at one endpoint. */
export interface Series {
  readonly name: string;
  readonly runtime: string | null;
  readonly timings: readonly Timings[];
  /** One a pod, or none. */
  readonly cpuSeconds: readonly number[];
  readonly podsPerSecond: number | null;
  readonly levels?: Levels | undefined;
  readonly burst?: Burst | undefined;
}

/** What a report is worked out from. */
export interface Findings
  extends Pick<Report, "beganAt" | "commandLine" | "machine" | "versions" | "settings" | "trace"> {
  /** Ours first. */
  readonly series: readonly Series[];
  readonly simulated: readonly Timings[];
}

/** Works out a report. */
export function reportOf({ series, simulated, ...facts }: Findings): Report {
  const { settings } = facts;
  const endpoints = series.map((it) => endpointOf(it, settings.network));
  const [ours, ...others] = endpoints;
  return {
    version: 1,
    ...facts,
    endpoints,
    simulated: { calls: summaryOf(simulated) },
    ratios: ours === undefined ? [] : others.map((it) => ratioOf(ours, it)),
    bars: ours === undefined ? [] : barsOf(ours, others, settings),
  };
}

/** By measure, without those that no sample has. */
export function summaryOf(timings: readonly Timings[]): Calls {
  const samples = Object.entries(samplesOf(timings));
  return Object.fromEntries(samples.map(([measure, values]) => [measure, percentilesOf(values)]));
}

/** Ratios of medians with their intervals, of what both have. */
export function estimatesOf(
  ours: Samples,
  theirs: Samples,
): Readonly<Partial<Record<Measure, Estimate>>> {
  return Object.fromEntries(MEASURES.flatMap((measure) => {
    const [one, other] = [ours[measure], theirs[measure]];
    if (one === undefined || other === undefined) return [];
    return [[measure, medianRatio(one, other)] as const];
  }));
}

/** One array a measure, in the order of the pods. */
export function samplesOf(timings: readonly Timings[]): Samples {
  return Object.fromEntries(MEASURES.flatMap((measure) => {
    const values = timings.flatMap((it) => it[measure] ?? []);
    return values.length === 0 ? [] : [[measure, values] as const];
  }));
}

function endpointOf(
  { name, runtime, timings, cpuSeconds, podsPerSecond, levels, burst }: Series,
  network: "host" | "cni",
): Endpoint {
  return {
    ...{ name, runtime, network, podsPerSecond },
    cpuSecondsPerPod: cpuSeconds.length === 0 ? null : mean(cpuSeconds),
    calls: summaryOf(timings),
    samples: samplesOf(timings),
    cpuSamples: cpuSeconds,
    memory: levels?.memory ?? [],
    reads: (levels?.reads ?? []).map(({ pods, samples }) => ({ pods, calls: readCalls(samples) })),
    growth: (levels?.growth ?? []).map(({ pods, samples }) => ({
      pods,
      calls: summaryOf(samples),
    })),
    burst: burst === undefined ? null : burstOf(burst),
  };
}

function readCalls(samples: Reads): ReadCalls {
  return Object.fromEntries(READ_CALLS.map((call) => [call, percentilesOf(samples[call])]));
}

function burstOf({ pods, podsPerSecond, delaysMs }: Burst): BurstReport {
  return { pods, podsPerSecond: percentile(podsPerSecond, 50), delay: percentilesOf(delaysMs) };
}

function percentilesOf(values: readonly number[]): Percentiles {
  const { low: p50Low, high: p50High } = medianInterval(values);
  const [p50, p90, p99] = [percentile(values, 50), percentile(values, 90), percentile(values, 99)];
  return { p50, p90, p99, p50Low, p50High };
}

function ratioOf(ours: Endpoint, peer: Endpoint): Ratio {
  const intervals = estimatesOf(ours.samples, peer.samples);
  return {
    name: ours.name,
    peer: peer.name,
    network: ours.network,
    calls: Object.fromEntries(Object.entries(intervals).map(([call, { value }]) => [call, value])),
    intervals,
    podsPerSecond: quotient(ours.podsPerSecond, peer.podsPerSecond),
    cpuSecondsPerPod: quotient(ours.cpuSecondsPerPod, peer.cpuSecondsPerPod),
    memory: quotient(ours.memory.at(-1)?.pss, peer.memory.at(-1)?.pss),
  };
}

/** Null where one is missing, or nothing was counted. */
export function quotient(
  one: number | null | undefined,
  other: number | null | undefined,
): number | null {
  return typeof one === "number" && typeof other === "number" && other > 0 ? one / other : null;
}
