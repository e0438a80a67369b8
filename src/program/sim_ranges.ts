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
  /** Told what all ranges up to the first that is not done came to, whenever there are more of them. */
  readonly onProgress: (sum: RangeResult) => void;
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
  const sum = new RangeSum(whole.seed);
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
      hasFailed ||= result.failedSeed !== undefined;
      sum.add(seed, result);
      onProgress(sum.result);
    }
  }

  await Promise.all(workers.map(work));
  return sum.result;
}

/** Adds ranges in the order of their seeds, up to the first that failed, and keeps none for longer. */
class RangeSum {
  readonly #waiting = new Map<number, RangeResult>();
  readonly #states = new Set<number>();
  #nextSeed: number;
  result: RangeResult = {
    runs: 0,
    steps: 0,
    executions: 0,
    probes: {},
    states: this.#states,
    failedSeed: undefined,
  };

  constructor(seed: number) {
    this.#nextSeed = seed;
  }

  /** The range from `seed` on is done, perhaps before others below it. */
  add(seed: number, result: RangeResult): void {
    this.#waiting.set(seed, result);
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      const { runs, steps, executions, probes } = this.result;
      for (const state of next.states) this.#states.add(state);
      this.result = {
        runs: runs + next.runs,
        steps: steps + next.steps,
        executions: executions + next.executions,
        probes: addProbes(probes, next.probes),
        states: this.#states,
        failedSeed: next.failedSeed,
      };
      this.#nextSeed += next.runs;
    }
  }

  /** The next one in order, if it is there and nothing below it has failed. */
  #take(): RangeResult | undefined {
    if (this.result.failedSeed !== undefined) return undefined;
    const next = this.#waiting.get(this.#nextSeed);
    this.#waiting.delete(this.#nextSeed);
    return next;
  }
}
