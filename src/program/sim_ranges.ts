import { addProbes, type ProbeCounts } from "../../sim/lifecycle/probes.ts";

/** Some seeds in a row. */
export interface Range {
  readonly seed: number;
  readonly runs: number;
}

/** What came of a range: it ends with the first run that failed. */
export interface RangeResult {
  readonly runs: number;
  readonly steps: number;
  /** How many programs of containers were executed. */
  readonly executions: number;
  /** How many runs came to which rare branches. */
  readonly probes: ProbeCounts;
  /** A number for each state that any run came to. */
  readonly states: ReadonlySet<number>;
  readonly failedSeed: number | undefined;
}

/** Runs one range at a time. */
export type RangeWorker = (range: Range) => Promise<RangeResult>;

/** When to end, besides the end of the seeds. */
export interface RangeOptions {
  /** Asked before each range; those that have begun are ended. */
  readonly isOver: () => boolean;
  /** Told of each range that is done. */
  readonly onProgress: (result: RangeResult) => void;
}

/** Small enough for an end at once, large enough for messages to cost nothing. */
const RANGE_RUNS = 32;

/**
 * Hands the seeds out to workers, in order and in small ranges, until one fails, all are done or it is
 * over. The result is the same for any number of workers: what they ran up to the lowest seed that
 * failed. When it is over early, it is what they ran up to there, without a gap.
 */
export async function runRanges(
  whole: Range,
  workers: readonly RangeWorker[],
  { isOver, onProgress }: RangeOptions,
): Promise<RangeResult> {
  const results: { readonly seed: number; readonly result: RangeResult }[] = [];
  let nextSeed = whole.seed;
  let hasFailed = false;

  async function work(worker: RangeWorker): Promise<void> {
    while (!hasFailed && !isOver()) {
      const runs = Math.min(RANGE_RUNS, whole.seed + whole.runs - nextSeed);
      if (runs <= 0) return;
      const seed = nextSeed;
      nextSeed += runs;
      // Ranges below are all under way or done, so no lower failure is missed.
      const result = await worker({ seed, runs });
      results.push({ seed, result });
      hasFailed ||= result.failedSeed !== undefined;
      onProgress(result);
    }
  }

  await Promise.all(workers.map(work));
  return sumOf(results.sort((a, b) => a.seed - b.seed).map((it) => it.result));
}

/** Up to the first that failed. */
function sumOf(results: readonly RangeResult[]): RangeResult {
  const seen = new Set<number>();
  const sum = { runs: 0, steps: 0, executions: 0, probes: {}, states: seen };
  for (const { runs, steps, executions, probes, states, failedSeed } of results) {
    sum.runs += runs;
    sum.steps += steps;
    sum.executions += executions;
    sum.probes = addProbes(sum.probes, probes);
    for (const state of states) seen.add(state);
    if (failedSeed !== undefined) return { ...sum, failedSeed };
  }
  return { ...sum, failedSeed: undefined };
}
