import { type Cycle, measureCycle, type PodOptions, runnerOf, type Target } from "./cycle.ts";
import type { BenchFlags } from "./flags.ts";
import { prepareFloor } from "./floor.ts";
import type { Means } from "./means.ts";
import { type Outcome, type Runner, runRounds, type Sample } from "./rounds.ts";
import { CpuMeter } from "./usage.ts";

/** What single pods took, by the name of the endpoint. */
export interface PodsFound {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Of the traced daemon. */
  readonly cycles: readonly Cycle[];
}

/**
 * A warm-up in any case, then the pods that count: on every server and the floor, or only on ours, to be
 * compared with the traced one.
 */
export async function measurePods(means: Means, traced: Target | undefined): Promise<PodsFound> {
  const { flags, options, scratch, targets } = means;
  const hasCycle = flags.measure.includes("cycle");
  const [ours] = targets;
  await using floor = ours !== undefined && hasCycle
    ? await prepareFloor(ours, "floor", options, scratch)
    : undefined;
  const tracer = traced === undefined ? undefined : new Tracer(traced, options);
  const others = [floor, tracer].filter((it) => it !== undefined);
  const plain = targets.map((it) => runnerOf(it, options));
  await inRounds(means, "warm-up", [...plain, ...others], flags.warmup);
  tracer?.forget();
  const counted = hasCycle ? targets : traced === undefined ? [] : targets.slice(0, 1);
  const runners = [
    ...counted.map((it) => isMetered(flags) ? meteredRunner(it, options) : runnerOf(it, options)),
    ...others,
  ];
  const outcomes = await inRounds(means, "pods", runners, runners.length === 0 ? 0 : flags.n);
  return { outcomes, cycles: tracer?.cycles ?? [] };
}

/** How many pods that makes, on all servers together. */
export function podsOfRounds(
  { flags, servers, isTraced }: {
    readonly flags: BenchFlags;
    readonly servers: number;
    readonly isTraced: boolean;
  },
): number {
  const hasCycle = flags.measure.includes("cycle");
  const others = Number(hasCycle) + Number(isTraced);
  const counted = hasCycle ? servers : Number(isTraced);
  return flags.warmup * (servers + others) + flags.n * (counted + others);
}

/** A look at every process takes milliseconds, which pods beside it would feel; and what ends is gone. */
export function isMetered({ parallel, workload }: BenchFlags): boolean {
  return parallel === 1 && workload === "sleep";
}

/** Looks at what its pods take of the processors, where its daemon can be seen. */
function meteredRunner(target: Target, options: PodOptions): Runner {
  const meter = CpuMeter.of(target);
  return {
    name: target.name,
    async measure(name) {
      const { timings } = await measureCycle(target, name, options, (pod) => meter?.look(pod));
      return { timings, cpuSeconds: meter?.lap() };
    },
  };
}

function inRounds(
  { flags, options, progress }: Means,
  what: string,
  runners: readonly Runner[],
  count: number,
): Promise<ReadonlyMap<string, Outcome>> {
  progress.show(what);
  return runRounds(runners, {
    ...{ count, parallel: flags.parallel, prefix: `${what}-`, signal: options.signal },
    onPods: (pods) => progress.add(pods),
  });
}

/** Keeps the pods that it has run, for what their daemon tells of them. */
class Tracer implements Runner {
  readonly name: string;
  readonly #target: Target;
  readonly #options: PodOptions;
  #cycles: Cycle[] = [];

  constructor(target: Target, options: PodOptions) {
    this.name = target.name;
    this.#target = target;
    this.#options = options;
  }

  get cycles(): readonly Cycle[] {
    return this.#cycles;
  }

  async measure(name: string): Promise<Sample> {
    const cycle = await measureCycle(this.#target, name, this.#options);
    this.#cycles.push(cycle);
    return { timings: cycle.timings };
  }

  /** Those so far do not count. */
  forget(): void {
    this.#cycles = [];
  }
}
