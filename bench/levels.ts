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
 * Fills all servers, level by level, and measures at each: nothing else of this run may be there. All
 * of it is removed at the end.
 *
 * @returns by endpoint, the floor among them where growth was asked for
 */
export async function measureLevels(means: Means): Promise<ReadonlyMap<string, Levels>> {
  const { flags, options, progress, targets } = means;
  const plan = planOf(flags);
  const crowds = targets.map((target) => ({ target, pods: [] as StartedPod[] }));
  const found = new Map<string, Levels>();
  const of = (name: string) => {
    const levels = found.get(name) ?? { memory: [], reads: [], growth: [] };
    found.set(name, levels);
    return levels;
  };
  for (const level of levelsOf(plan)) {
    await fill(crowds, level, means);
    progress.show(`at ${level} pods`);
    for (const { target, pods } of plan.memoryAt.includes(level) ? crowds : []) {
      const memory = memoryOfServer(target, pods);
      if (memory !== undefined) of(target.name).memory.push(memory);
    }
    for (const { target, pods } of plan.readsAt.includes(level) ? crowds : []) {
      of(target.name).reads.push({
        pods: level,
        samples: await measureReads(target, pods, options),
      });
    }
    if (!plan.growthAt.includes(level)) continue;
    for (const [name, { timings }] of await measureGrowth(level, means)) {
      of(name).growth.push({ pods: level, samples: timings });
    }
  }
  for (const { target } of crowds) await removePods(target.client, options.run);
  return found;
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

interface Crowd {
  readonly target: Target;
  readonly pods: StartedPod[];
}

/** One after another, so that no server has them earlier than the others. */
async function fill(crowds: readonly Crowd[], level: number, means: Means): Promise<void> {
  const options: PodOptions = { ...means.options, workload: "sleep", pauseMs: 0 };
  for (;;) {
    const hungry = crowds.filter(({ pods }) => pods.length < level);
    if (hungry.length === 0) return;
    for (const { target, pods } of hungry) {
      means.progress.show(`filling up to ${level} pods`);
      pods.push(await startPod(target, `crowd${pods.length}`, options));
      means.progress.add(1);
    }
  }
}

/** Pods as in the rounds, beside those that run; and the floor, which tells how the machine changed meanwhile. */
async function measureGrowth(level: number, means: Means): Promise<ReadonlyMap<string, Outcome>> {
  const { flags, options, scratch, progress, targets } = means;
  const [ours] = targets;
  await using floor = ours && await prepareFloor(ours, `floor${level}`, options, scratch);
  const runners = targets.map((it) => runnerOf(it, options));
  progress.show(`pods beside ${level} others`);
  return await runRounds(floor === undefined ? runners : [...runners, floor], {
    ...{ count: flags.n, parallel: 1, prefix: `beside${level}-`, signal: options.signal },
    onPods: (count) => progress.add(count),
  });
}
