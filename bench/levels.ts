import {
  type PodOptions,
  removePods,
  runnerOf,
  type StartedPod,
  startPod,
  type Target,
  type Timings,
} from "./cycle.ts";
import type { BenchFlags } from "./flags.ts";
import { prepareFloor } from "./floor.ts";
import type { Means } from "./means.ts";
import { measureReads, type Reads } from "./reads.ts";
import { type Outcome, runRounds } from "./rounds.ts";
import { type Memory, memoryOfServer } from "./usage.ts";

/** What one endpoint gave. */
export interface Levels {
  readonly memory: Memory[];
  readonly reads: { readonly pods: number; readonly samples: Reads }[];
  readonly growth: { readonly pods: number; readonly samples: readonly Timings[] }[];
}

/** How many pods that makes, on all servers together. */
export function podsOfLevels(flags: BenchFlags, servers: number): number {
  const plan = planOf(flags);
  const further = plan.growthAt.length * flags.n * (servers + 1);
  return Math.max(0, ...levelsOf(plan)) * servers + further;
}

/**
 * Fills one server after the other, level by level, and measures at each: nothing else of this run may be
 * there, since every process and mount of the machine slows runc down. All of it is removed again.
 *
 * @returns by endpoint, the floor beside our own crowd among them where growth was asked for
 */
export async function measureLevels(means: Means): Promise<ReadonlyMap<string, Levels>> {
  const found = new Map<string, Levels>();
  const of = (name: string) => {
    const levels = found.get(name) ?? { memory: [], reads: [], growth: [] };
    found.set(name, levels);
    return levels;
  };
  for (const target of means.targets) {
    const plan = planOf(means.flags);
    const crowd: StartedPod[] = [];
    for (const level of levelsOf(plan)) {
      await fill(target, crowd, level, means);
      await measureLevel(target, crowd, plan, means, of);
    }
    await removePods(target.client, means.options.run);
  }
  return found;
}

async function measureLevel(
  target: Target,
  crowd: readonly StartedPod[],
  plan: Plan,
  means: Means,
  of: (name: string) => Levels,
): Promise<void> {
  const pods = crowd.length;
  const { name } = target;
  means.progress.show(`${name}, at ${pods} pods`);
  if (plan.memoryAt.includes(pods)) {
    const memory = memoryOfServer(target, crowd);
    if (memory !== undefined) of(name).memory.push(memory);
  }
  if (plan.readsAt.includes(pods)) {
    of(name).reads.push({ pods, samples: await measureReads(target, crowd, means.options) });
  }
  if (plan.growthAt.includes(pods)) {
    for (const [name, { timings }] of await measureGrowth(target, pods, means)) {
      of(name).growth.push({ pods, samples: timings });
    }
  }
}

/** Numbers of pods at which something is measured. */
interface Plan {
  readonly memoryAt: readonly number[];
  readonly readsAt: readonly number[];
  readonly growthAt: readonly number[];
}

function planOf({ measure, memoryAt, crowd }: BenchFlags): Plan {
  return {
    memoryAt: measure.includes("memory") ? memoryAt : [],
    readsAt: measure.includes("reads") ? [crowd] : [],
    growthAt: measure.includes("growth") ? [0, crowd] : [],
  };
}

function levelsOf({ memoryAt, readsAt, growthAt }: Plan): readonly number[] {
  return [...new Set([...memoryAt, ...readsAt, ...growthAt])].toSorted((a, b) => a - b);
}

async function fill(
  target: Target,
  crowd: StartedPod[],
  level: number,
  { options, progress }: Means,
): Promise<void> {
  if (crowd.length < level) progress.show(`${target.name}, filling up to ${level} pods`);
  while (crowd.length < level) {
    const plain: PodOptions = { ...options, workload: "sleep", pauseMs: 0 };
    crowd.push(await startPod(target, `crowd${crowd.length}`, plain));
    progress.add(1);
  }
}

/** Pods as in the rounds, beside those that run; in turn with ours the floor, which shares their fate. */
async function measureGrowth(
  target: Target,
  level: number,
  { flags, options, scratch, progress, targets }: Means,
): Promise<ReadonlyMap<string, Outcome>> {
  await using floor = target === targets[0]
    ? await prepareFloor(target, `floor${level}`, options, scratch)
    : undefined;
  const runners = [runnerOf(target, options), ...floor === undefined ? [] : [floor]];
  progress.show(`${target.name}, pods beside ${level} others`);
  return await runRounds(runners, {
    ...{ count: flags.n, parallel: 1, prefix: `beside${level}-`, signal: options.signal },
    onPods: (count) => progress.add(count),
  });
}
