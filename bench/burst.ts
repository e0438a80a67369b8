import {
  pause,
  type PodOptions,
  removePods,
  type StartedPod,
  startPod,
  type Target,
} from "./cycle.ts";
import type { BenchFlags } from "./flags.ts";
import type { Means } from "./means.ts";
import { timed } from "./reads.ts";
import { allOf } from "./rounds.ts";
import { percentile } from "./statistics.ts";

/** What happens when many pods are asked for at once. */
export interface Burst {
  /** So many at once. */
  readonly pods: number;
  /** From the first RunPodSandbox to the last StartContainer's answer, a number a burst. */
  readonly podsPerSecond: readonly number[];
  /** How much longer than usual a call about another pod took meanwhile, in milliseconds; 0 for as long. */
  readonly delaysMs: readonly number[];
}

/** Between two looks at the other pod, in milliseconds. */
const PROBE_EVERY_MS = 5;
/** So many calls say what is usual. */
const QUIET_PROBES = 100;

const MS_PER_SECOND = 1_000;

/** How many pods a server is asked for in bursts. */
export function podsOfBursts({ measure, bursts, burst }: BenchFlags): number {
  return measure.includes("burst") ? bursts * burst : 0;
}

/**
 * Bursts on each server in turn, and beside them calls about a pod that ran before.
 *
 * @returns by the server's name; nothing where it was not asked for
 */
export async function measureBursts(means: Means): Promise<ReadonlyMap<string, Burst>> {
  const { flags, options, progress, targets } = means;
  if (!flags.measure.includes("burst")) return new Map();
  progress.show(`${flags.burst} pods at once`);
  const found = targets.map(({ name }) => ({
    name,
    rates: [] as number[],
    delays: [] as number[],
  }));
  for (let round = 0; round < flags.bursts; round++) {
    for (let turn = 0; turn < targets.length; turn++) {
      const at = (round + turn) % targets.length;
      const [target, sums] = [targets[at], found[at]];
      if (target === undefined || sums === undefined) continue;
      options.signal.throwIfAborted();
      const { rate, delays } = await burst(target, `burst${round}-`, flags.burst, options);
      sums.rates.push(rate);
      sums.delays.push(...delays);
      progress.add(flags.burst);
    }
  }
  return new Map(found.map(({ name, rates, delays }) => [
    name,
    { pods: flags.burst, podsPerSecond: rates, delaysMs: delays },
  ]));
}

async function burst(
  target: Target,
  prefix: string,
  count: number,
  options: PodOptions,
): Promise<{ readonly rate: number; readonly delays: readonly number[] }> {
  const { client } = target;
  const plain: PodOptions = { ...options, workload: "sleep", pauseMs: 0 };
  const other = await startPod(target, `${prefix}other`, plain);
  const usual = await probe(target, other, options.signal, (done) => done < QUIET_PROBES);
  const usualMs = percentile(usual, 50);
  let isOver = false;
  const names = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const starting = timed(() => allOf(names.map((name) => startPod(target, name, plain))))
    .finally(() => isOver = true);
  const looking = probe(target, other, options.signal, () => !isOver);
  // Neither goes on behind the caller's back when the other fails.
  await Promise.allSettled([starting, looking]);
  const rate = count * MS_PER_SECOND / await starting;
  const delays = (await looking).map((ms) => Math.max(0, ms - usualMs));
  await removePods(client, options.run);
  return { rate, delays };
}

/** Asks about a pod and its container again and again, and says how long each answer took. */
async function probe(
  { client }: Target,
  { podSandboxId, containerId }: StartedPod,
  signal: AbortSignal,
  isWanted: (done: number) => boolean,
): Promise<readonly number[]> {
  const samples: number[] = [];
  while (isWanted(samples.length)) {
    signal.throwIfAborted();
    samples.push(await timed(() => client.containerStatus({ containerId })));
    samples.push(await timed(() => client.podSandboxStatus({ podSandboxId })));
    await pause(PROBE_EVERY_MS, signal);
  }
  return samples;
}
