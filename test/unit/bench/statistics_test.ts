import { assert, assertEquals } from "@std/assert";

import { medianInterval, medianRatio, percentile } from "../../../bench/statistics.ts";
import { Prng } from "../../../sim/random.ts";

Deno.test("percentile() is a sample that so many are not above", () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  assertEquals([50, 90, 99, 100].map((it) => percentile(samples, it)), [50, 90, 99, 100]);
  assertEquals(percentile([7], 50), 7);
  assertEquals(percentile([], 50), Number.NaN);
});

Deno.test("medianInterval() is a function of the samples and the seed", () => {
  const samples = normal(1, 30);
  assertEquals(medianInterval(samples, 5), medianInterval(samples, 5));
  assertEquals(medianInterval([4, 4, 4]), { low: 4, high: 4 });
});

Deno.test("medianInterval() holds the median of the samples and narrows with more of them", () => {
  const [few, many] = [normal(2, 10), normal(2, 1_000)];
  for (const samples of [few, many]) {
    const { low, high } = medianInterval(samples);
    const median = percentile(samples, 50);
    assert(low <= median && median <= high);
  }
  assert(width(many) < width(few) / 3, `${width(many)} and ${width(few)}`);
});

Deno.test("medianInterval() holds the true median about 95 times out of 100", () => {
  const intervals = Array.from({ length: 200 }, (_, seed) => medianInterval(normal(seed, 40)));
  const hits = intervals.filter(({ low, high }) => low <= 0 && 0 <= high).length;
  assert(hits >= 180 && hits <= 199, `${hits} of 200`);
});

Deno.test("medianRatio() holds the true ratio about 95 times out of 100", () => {
  const estimates = Array.from({ length: 200 }, (_, seed) => {
    const [ours, theirs] = [normal(seed, 40), normal(seed + 1_000, 40)];
    return medianRatio(ours.map((it) => 20 + it), theirs.map((it) => 10 + it / 2));
  });
  const hits = estimates.filter(({ low, high }) => low <= 2 && 2 <= high).length;
  assert(hits >= 180 && hits <= 199, `${hits} of 200`);
});

Deno.test("medianRatio() does not mind a machine that is slow for both at once", () => {
  const machine = normal(3, 60).map((it) => Math.exp(2 * it));
  const ours = machine.map((slow, at) => slow * (30 + at % 3));
  const theirs = machine.map((slow, at) => slow * (10 + at % 2));
  const [paired, apart] = [medianRatio(ours, theirs), medianRatio(ours, theirs.slice(1))];
  const width = ({ low, high }: { readonly low: number; readonly high: number }) => high - low;
  assert(width(paired) < width(apart) / 2, `${width(paired)} and ${width(apart)}`);
});

function width(samples: readonly number[]): number {
  const { low, high } = medianInterval(samples);
  return high - low;
}

/** Nearly normal around 0: twelve uniform draws together. */
function normal(seed: number, length: number): readonly number[] {
  const prng = new Prng(seed);
  const draw = () => Array.from({ length: 12 }, () => prng.uint32() / 2 ** 32 - 0.5);
  return Array.from({ length }, () => draw().reduce((sum, it) => sum + it, 0));
}
