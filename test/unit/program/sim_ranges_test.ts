import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Range, type RangeResult, runRanges } from "../../../src/program/sim_ranges.ts";

const unending = { isOver: () => false, onProgress: () => {} };

/** What a worker would answer, if the runs with these seeds failed. */
function resultOf({ seed, runs }: Range, failing: readonly number[]): RangeResult {
  const failedSeed = failing.find((it) => it >= seed && it < seed + runs);
  const done = failedSeed === undefined ? runs : failedSeed - seed + 1;
  return {
    runs: done,
    steps: 10 * done,
    executions: done,
    probes: { "a start fails": done },
    states: new Set([1, 2]),
    failedSeed,
  };
}

/** Workers that answer when they are told to, the latest first. */
class LateWorkers {
  readonly #waiting: (() => void)[] = [];

  constructor(readonly failing: readonly number[]) {}

  readonly work = async (range: Range): Promise<RangeResult> => {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return resultOf(range, this.failing);
  };

  async answerAll(result: Promise<RangeResult>): Promise<RangeResult> {
    let isDone = false;
    const watched = result.finally(() => isDone = true);
    while (!isDone) {
      this.#waiting.pop()?.();
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
    return await watched;
  }
}

Deno.test("runRanges() runs every seed once, for any number of workers", async () => {
  for (const workerCount of [1, 2, 7]) {
    const seeds: number[] = [];
    const progress: number[] = [];
    const workers = Array.from({ length: workerCount }, () => (range: Range) => {
      for (let i = 0; i < range.runs; i++) seeds.push(range.seed + i);
      return Promise.resolve(resultOf(range, []));
    });
    const onProgress = ({ runs }: RangeResult) => progress.push(runs);
    const options = { isOver: () => false, onProgress };
    const result = await runRanges({ seed: 5, runs: 333 }, workers, options);
    assertEquals(result, resultOf({ seed: 1, runs: 333 }, []));
    assertEquals(seeds.toSorted((a, b) => a - b), Array.from({ length: 333 }, (_, i) => 5 + i));
    assertEquals(progress.at(-1), 333);
  }
});

Deno.test("runRanges() reports the lowest seed that fails, whoever answers first", async () => {
  for (const workerCount of [1, 2, 7]) {
    const late = new LateWorkers([70, 71, 100, 200]);
    const workers = Array.from({ length: workerCount }, () => late.work);
    const result = await late.answerAll(runRanges({ seed: 1, runs: 1_000 }, workers, unending));
    assertEquals(result, resultOf({ seed: 1, runs: 333 }, [70]));
  }
});

Deno.test("runRanges() ends what has begun when it is over, and begins no more", async () => {
  let answers = 0;
  const worker = (range: Range) => Promise.resolve(resultOf(range, [])).finally(() => answers++);
  const options = { isOver: () => answers >= 3, onProgress: () => {} };
  const result = await runRanges({ seed: 1, runs: 1_000_000 }, [worker, worker], options);
  assert(result.runs > 0 && result.runs < 1_000);
  assertEquals(result.steps, 10 * result.runs);
});

Deno.test("runRanges() fails when a worker does", async () => {
  const worker = () => Promise.reject(new Error("broken"));
  await assertRejects(() => runRanges({ seed: 1, runs: 10 }, [worker], unending), Error, "broken");
});
