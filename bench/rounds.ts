import type { Timings } from "./cycle.ts";

/** Takes part in a benchmark: runs one pod, or something like it, from nothing to nothing. */
export interface Runner {
  /** Unique among those that take turns. */
  readonly name: string;
  /** @param name that no other pod of the run has */
  measure(name: string): Promise<Sample>;
}

/** What one pod gave. */
export interface Sample {
  readonly timings: Timings;
  /** What it took of the processors, to 10 ms; left out where nobody looked. */
  readonly cpuSeconds?: number | undefined;
}

/** What the rounds gave for one runner. */
export interface Outcome {
  readonly timings: readonly Timings[];
  /** As many, or none where nobody looked. */
  readonly cpuSeconds: readonly number[];
  /** The time that its batches took together, in milliseconds. */
  readonly busyMs: number;
}

const NOTHING: Outcome = { timings: [], cpuSeconds: [], busyMs: 0 };

/** How the rounds are. */
export interface RoundOptions {
  /** Pods of each runner. */
  readonly count: number;
  /** How many of them at a time. */
  readonly parallel: number;
  /** For the names of pods. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  /** So many more pods have come and gone. */
  readonly onPods?: (count: number) => void;
}

/**
 * Lets the runners take turns, batch by batch, so that a noisy machine is as noisy for all; each
 * round begins with another one, so that nobody always follows the same.
 *
 * @returns by the runner's name
 * @throws the first failure, once the rest of its batch has ended.
 */
export async function runRounds(
  runners: readonly Runner[],
  { count, parallel, prefix, signal, onPods }: RoundOptions,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = runners.map(() => ({
    timings: [] as Timings[],
    cpuSeconds: [] as number[],
    busyMs: 0,
  }));
  for (let done = 0, round = 0; done < count; done += parallel, round++) {
    const size = Math.min(parallel, count - done);
    for (let turn = 0; turn < runners.length; turn++) {
      signal.throwIfAborted();
      const at = (round + turn) % runners.length;
      const [runner, outcome] = [runners[at], outcomes[at]];
      if (runner === undefined || outcome === undefined) continue;
      const names = Array.from({ length: size }, (_, index) => `${prefix}${done + index}`);
      const began = performance.now();
      const samples = await allOf(names.map((name) => runner.measure(name)));
      outcome.timings.push(...samples.map((it) => it.timings));
      outcome.cpuSeconds.push(...samples.flatMap((it) => it.cpuSeconds ?? []));
      outcome.busyMs += performance.now() - began;
      onPods?.(size);
    }
  }
  return new Map(runners.map(({ name }, at) => [name, outcomes[at] ?? NOTHING]));
}

/** Like `Promise.all`, but nothing goes on behind the caller's back when one fails. */
export async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
