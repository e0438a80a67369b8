import type { Measure } from "./cycle.ts";
import type { Machine, Versions } from "./machine.ts";
import type { READ_CALLS } from "./reads.ts";
import type { Estimate } from "./statistics.ts";
import type { Memory } from "./usage.ts";

/**
 * What a benchmark found: what `--json` prints. Within a version fields are added only. Times are
 * milliseconds at the client, memory is in megabytes (10^6 bytes).
 */
export interface Report {
  readonly version: 1;
  /** ISO 8601. */
  readonly beganAt: string;
  /** What was asked for, word by word. */
  readonly commandLine: readonly string[];
  readonly machine: Machine;
  readonly versions: Versions;
  readonly settings: Settings;
  /** Ours first, then the peers as they were named, then "runc run". */
  readonly endpoints: readonly Endpoint[];
  /** StartContainer of the same core on the simulated kernel. */
  readonly simulated: { readonly calls: Calls };
  /** Ours to each other endpoint. */
  readonly ratios: readonly Ratio[];
  /** What this project holds itself to, as far as this run can tell. */
  readonly bars: readonly Bar[];
  /** Where the time of our own daemon goes; null where it was not asked for. */
  readonly trace: Trace | null;
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
  readonly measurements: readonly string[];
}

/** One CRI server, or `runc run`. */
export interface Endpoint {
  readonly name: string;
  /** As it calls itself: "containerd 1.6.20"; null for the floor. */
  readonly runtime: string | null;
  readonly network: "host" | "cni";
  readonly calls: Calls;
  /** Every sample behind `calls`, in the order in which they were taken. */
  readonly samples: Samples;
  /** Seconds of each pod, to 10 ms: only their sum is exact. Empty where nobody looked. */
  readonly cpuSamples: readonly number[];
  /** Whole cycles; null where there are none. */
  readonly podsPerSecond: number | null;
  /** Of the daemon and its helpers, or of `runc run` and its children; null where they cannot be seen, or were not looked at. */
  readonly cpuSecondsPerPod: number | null;
  /** At so many pods; empty where it was not measured. */
  readonly memory: readonly Memory[];
  /** Calls that only read, at so many pods with a container each. */
  readonly reads: readonly { readonly pods: number; readonly calls: ReadCalls }[];
  /** The calls of more pods, beside so many that run. */
  readonly growth: readonly { readonly pods: number; readonly calls: Calls }[];
  /** Many pods at once; null where it was not measured. */
  readonly burst: BurstReport | null;
}

/** By call or sum of calls; what an endpoint has no such call for is left out. */
export type Calls = Readonly<Partial<Record<Measure, Percentiles>>>;
/** The same, one by one. */
export type Samples = Readonly<Partial<Record<Measure, readonly number[]>>>;
/** Of ContainerStatus and ListContainers. */
export type ReadCalls = Readonly<Partial<Record<typeof READ_CALLS[number], Percentiles>>>;

/** Percentiles of one measure, and the 95 % bootstrap interval of the median. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p50Low: number;
  readonly p50High: number;
}

/** Many pods at once. */
export interface BurstReport {
  readonly pods: number;
  /** The median of all bursts, each from its first call to its last answer. */
  readonly podsPerSecond: number;
  /** How much longer than usual calls about another pod took meanwhile. */
  readonly delay: Percentiles;
}

/** How many times the peer's median ours is: less is better, above 1 we are behind. */
export interface Ratio {
  readonly name: string;
  readonly peer: string;
  readonly network: "host" | "cni";
  readonly calls: Readonly<Partial<Record<Measure, number>>>;
  /** The same with their 95 % intervals, pods of the same round drawn together. */
  readonly intervals: Readonly<Partial<Record<Measure, Estimate>>>;
  /** More is better for this one. */
  readonly podsPerSecond: number | null;
  readonly cpuSecondsPerPod: number | null;
  /** Of `pss` at the most pods; null where one of them has none. */
  readonly memory: number | null;
}

/** One bar: what was measured, and what it has to be. */
export interface Bar {
  readonly name: string;
  /** The endpoint that ours is set against; null for an absolute bar. */
  readonly peer: string | null;
  readonly value: number;
  /** The 95 % interval, where there is one. */
  readonly low: number | null;
  readonly high: number | null;
  readonly limit: number;
  readonly unit: "×" | "ms" | "MB";
  /** On which side of the limit it has to be. */
  readonly better: "less" | "more";
  readonly isMet: boolean;
}

/** Where the time of our own daemon goes, from the spans that it tells of. */
export interface Trace {
  /** So many were looked at. */
  readonly pods: number;
  /** What telling costs: the traced daemon's median to the other's. */
  readonly overhead: Readonly<Partial<Record<Measure, Estimate>>>;
  /** Each call of a typical pod: the one whose call took most nearly the median. */
  readonly waterfall: readonly WaterfallCall[];
  /** All pods together. */
  readonly spans: readonly SpanStatistics[];
  /** Calls of the kernel a pod, by what began them and by name: the median of all pods. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One call of one pod. */
export interface WaterfallCall {
  readonly call: string;
  /** As the client saw it. */
  readonly ms: number;
  /** In the order in which they began; what lies inside another comes after it, one deeper. */
  readonly spans: readonly WaterfallSpan[];
}

/** A piece of the daemon's work while the call lasted. */
export interface WaterfallSpan {
  readonly name: string;
  readonly depth: number;
  /** After the client's call began, cut off at its beginning and end. */
  readonly startMs: number;
  readonly ms: number;
  /** It only waited. */
  readonly isWait: boolean;
  /** It was not begun by this call, or nobody waited for it. */
  readonly isBackground: boolean;
}

/** One kind of work, by what it is inside of. */
export interface SpanStatistics {
  /** From the outermost on; the first is a call, or work in the background. */
  readonly path: readonly string[];
  /** How many there are a pod, the median. */
  readonly perPod: number;
  /** All of a pod together, in milliseconds. */
  readonly p50: number;
  readonly p90: number;
  /** Of all the time of what it is directly inside of; of a call's own span, of what the client saw. */
  readonly share: number | null;
  readonly isWait: boolean;
}
