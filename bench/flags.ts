import type { ProgressStyle } from "./progress.ts";

/** What can be measured, each alone or together with others. */
export const MEASUREMENTS = ["cycle", "trace", "burst", "memory", "reads", "growth"] as const;

/** One of them. */
export type Measurement = typeof MEASUREMENTS[number];

/** What is to be measured, and how. */
export interface BenchFlags {
  readonly measure: readonly Measurement[];
  /** Pods on each server. */
  readonly n: number;
  readonly warmup: number;
  readonly parallel: number;
  /** Milliseconds. */
  readonly pause: number;
  readonly workload: "sleep" | "exit";
  readonly net: "host" | "cni";
  /** Pods in a burst. */
  readonly burst: number;
  /** How many bursts. */
  readonly bursts: number;
  /** Numbers of pods. */
  readonly memoryAt: readonly number[];
  /** Pods that run while reads and further pods are measured. */
  readonly crowd: number;
  readonly endpoint?: string;
  readonly peer?: readonly string[];
  readonly image: string;
  readonly cniConfDir: string;
  readonly progress: ProgressStyle;
}

/** Whether our daemon is started a second time, to tell where its time goes: one that runs does not. */
export function isTraced({ measure, endpoint }: BenchFlags): boolean {
  return measure.includes("trace") && endpoint === undefined;
}
