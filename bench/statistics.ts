import { Prng } from "../sim/random.ts";

/** A 95 % confidence interval. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A value, and where it may as well be. */
export interface Estimate extends Interval {
  readonly value: number;
}

const RESAMPLES = 1_000;
/** Fixed, so that the same samples always give the same report. */
const SEED = 1;
const LOW_PERCENT = 2.5;
const HIGH_PERCENT = 97.5;

/** The smallest sample that `percent` of all are not above; NaN of none. */
export function percentile(samples: readonly number[], percent: number): number {
  return percentileOfSorted(Float64Array.from(samples).sort(), percent);
}

/**
 * The bootstrap's interval of the median (Efron 1979, percentile method): the samples drawn anew, with
 * replacement, many times over.
 */
export function medianInterval(samples: readonly number[], seed = SEED): Interval {
  const prng = new Prng(seed, "bootstrap");
  const resample = new Float64Array(samples.length);
  const medians = Array.from({ length: RESAMPLES }, () => {
    for (let i = 0; i < resample.length; i++) resample[i] = prng.pick(samples);
    return percentileOfSorted(resample.sort(), 50);
  });
  return { low: percentile(medians, LOW_PERCENT), high: percentile(medians, HIGH_PERCENT) };
}

/** NaN of none. */
export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, it) => sum + it, 0) / samples.length;
}

/**
 * The ratio of two medians, with its interval. Samples of the same index were taken one after the other,
 * so they are drawn together: what the machine did to both then counts for neither.
 *
 * @param ours as many as `theirs`, or each is drawn on its own
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): Estimate {
  return ratio((samples) => percentile(samples, 50), ours, theirs);
}

/** The same of two means. */
export function meanRatio(ours: readonly number[], theirs: readonly number[]): Estimate {
  return ratio(mean, ours, theirs);
}

function ratio(
  statistic: (samples: readonly number[]) => number,
  ours: readonly number[],
  theirs: readonly number[],
): Estimate {
  const prng = new Prng(SEED, "bootstrap");
  const isPaired = ours.length === theirs.length;
  const ratios = Array.from({ length: RESAMPLES }, () => {
    const drawn = drawIndices(prng, ours.length);
    const other = isPaired ? drawn : drawIndices(prng, theirs.length);
    return statistic(pickAll(ours, drawn)) / statistic(pickAll(theirs, other));
  });
  return {
    value: statistic(ours) / statistic(theirs),
    low: percentile(ratios, LOW_PERCENT),
    high: percentile(ratios, HIGH_PERCENT),
  };
}

function drawIndices(prng: Prng, length: number): readonly number[] {
  return Array.from({ length }, () => prng.below(length));
}

function pickAll(samples: readonly number[], indices: readonly number[]): readonly number[] {
  return indices.flatMap((at) => samples[at] ?? []);
}

function percentileOfSorted(sorted: Float64Array, percent: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * percent / 100) - 1)] ?? Number.NaN;
}
