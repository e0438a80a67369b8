import type { PodOptions, StartedPod, Target } from "./cycle.ts";

/** The calls that kubelets make most, and that grow with what runs. */
export const READ_CALLS = ["ContainerStatus", "ListContainers"] as const;

/** Milliseconds of each such call. */
export type Reads = Readonly<Record<typeof READ_CALLS[number], readonly number[]>>;

/** Of each call. */
const SAMPLES = 200;
/** Not counted: connections and caches are there afterwards. */
const WARM_UP = 20;

/** Asks for one container, another each time, and for all of them, in turn. */
export async function measureReads(
  { client }: Target,
  pods: readonly StartedPod[],
  { signal }: PodOptions,
): Promise<Reads> {
  const statuses: number[] = [];
  const lists: number[] = [];
  for (let index = -WARM_UP; index < SAMPLES; index++) {
    signal.throwIfAborted();
    const pod = pods[(index + WARM_UP) % pods.length];
    if (pod === undefined) break;
    const { containerId } = pod;
    const status = await timed(() => client.containerStatus({ containerId }));
    const list = await timed(() => client.listContainers());
    if (index < 0) continue;
    statuses.push(status);
    lists.push(list);
  }
  return { "ContainerStatus": statuses, "ListContainers": lists };
}

/** How many milliseconds a call took. */
export async function timed(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await call();
  return performance.now() - began;
}
