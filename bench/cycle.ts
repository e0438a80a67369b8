import { join } from "@std/path";

import { ContainerState, NamespaceMode } from "../src/cri/gen/v1_pb.ts";
import type { CriClient } from "../test/system/client.ts";
import type { Runner } from "./rounds.ts";

/** The calls of a pod's life, in order. */
export const CALLS = [
  "RunPodSandbox",
  "CreateContainer",
  "StartContainer",
  "StopContainer",
  "RemoveContainer",
  "StopPodSandbox",
  "RemovePodSandbox",
] as const;

/** What is reported, in the order in which it is shown: the calls, and sums of them. */
export const MEASURES = [...CALLS, "run → started", "stop + remove", "whole cycle"] as const;

/** One call. */
export type Call = typeof CALLS[number];

/** One call, or a sum. */
export type Measure = typeof MEASURES[number];

/** Milliseconds at the client; what an endpoint has no such call for is left out. */
export type Timings = Readonly<Partial<Record<Measure, number>>>;

/** What the container does: sleep until it is stopped, or end at once. */
export type Workload = "sleep" | "exit";

/** Its command, in an image of busybox. */
export const COMMANDS: Readonly<Record<Workload, readonly string[]>> = {
  sleep: ["/bin/sleep", "1000"],
  exit: ["/bin/true"],
};

/** The label of every pod of a benchmark, with the run's name for its value. */
export const RUN_LABEL = "io.slipway.bench";

/** Between two looks at whether a container has ended. */
const EXIT_POLL_MS = 2;

/** What every pod of a run has in common. */
export interface PodOptions {
  /** Of the run: in every pod's label and name. */
  readonly run: string;
  readonly network: "host" | "cni";
  readonly workload: Workload;
  /** Between CreateContainer and StartContainer, in milliseconds; in no measure. */
  readonly pauseMs: number;
  /** The folder that containers log below. */
  readonly logs: string;
  /** Aborted when the run is to end: no further call then but those that remove. */
  readonly signal: AbortSignal;
}

/** A CRI server to measure. */
export interface Target {
  readonly name: string;
  readonly client: CriClient;
  /** The path of its socket. */
  readonly socketPath: string;
  readonly image: string;
}

/** A pod with one container that was started. */
export interface StartedPod {
  readonly podSandboxId: string;
  readonly containerId: string;
}

/** One call, as its client saw it. */
export interface CallTime {
  readonly call: Call;
  /** Milliseconds since 1970, with their fraction. */
  readonly beganMs: number;
  readonly ms: number;
}

/** A pod that has come and gone. */
export interface Cycle {
  readonly pod: StartedPod;
  /** In order. */
  readonly calls: readonly CallTime[];
  readonly timings: Timings;
}

/** Looks at a pod outside of what is timed. */
export type Look = (pod: StartedPod) => void;

/** A pod with one container, from nothing to nothing again. `look` sees it before each half of its end. */
export async function measureCycle(
  target: Target,
  name: string,
  options: PodOptions,
  look: Look = () => {},
): Promise<Cycle> {
  const watch = new Stopwatch();
  const { client } = target;
  const pod = await startPod(target, name, options, watch);
  const { podSandboxId, containerId } = pod;
  look(pod);
  if (options.workload === "exit") await untilExited(client, containerId, options.signal);
  await watch.time("StopContainer", () => client.stopContainer({ containerId, timeout: 0n }));
  await watch.time("RemoveContainer", () => client.removeContainer({ containerId }));
  look(pod);
  await watch.time("StopPodSandbox", () => client.stopPodSandbox({ podSandboxId }));
  await watch.time("RemovePodSandbox", () => client.removePodSandbox({ podSandboxId }));
  return { pod, calls: watch.calls, timings: withSums(watch.calls) };
}

/** Lets a target take part in rounds. */
export function runnerOf(target: Target, options: PodOptions): Runner {
  return {
    name: target.name,
    measure: async (name) => ({
      timings: (await measureCycle(target, name, options)).timings,
    }),
  };
}

/** Runs a pod, and creates and starts its container. What is left of a failure has the run's label. */
export async function startPod(
  { client, image }: Target,
  name: string,
  options: PodOptions,
  watch: Stopwatch = new Stopwatch(),
): Promise<StartedPod> {
  const { run, workload, pauseMs, logs, signal } = options;
  const linux = { securityContext: { namespaceOptions: namespacesOf(options) } };
  const uid = `${run}-${name}`;
  const sandboxConfig = {
    metadata: { name: uid, namespace: "default", uid },
    labels: { [RUN_LABEL]: run },
    logDirectory: join(logs, uid),
    linux,
  };
  signal.throwIfAborted();
  const { podSandboxId } = await watch.time(
    "RunPodSandbox",
    () => client.runPodSandbox({ config: sandboxConfig }),
  );
  signal.throwIfAborted();
  const config = {
    metadata: { name: "main" },
    image: { image },
    command: [...COMMANDS[workload]],
    logPath: "main.log",
    linux,
  };
  const { containerId } = await watch.time(
    "CreateContainer",
    () => client.createContainer({ podSandboxId, sandboxConfig, config }),
  );
  if (pauseMs > 0) await pause(pauseMs, signal);
  signal.throwIfAborted();
  await watch.time("StartContainer", () => client.startContainer({ containerId }));
  return { podSandboxId, containerId };
}

/** Removes every pod of a run, whatever state it is in. */
export async function removePods(client: CriClient, run: string): Promise<void> {
  const { items } = await client.listPodSandbox({
    filter: { labelSelector: { [RUN_LABEL]: run } },
  });
  for (const { id } of items) await removePod(client, id);
}

/** Removes a pod with all that is in it, which is killed: CRI-O would give each of it 10 s. */
export async function removePod(client: CriClient, podSandboxId: string): Promise<void> {
  const { containers } = await client.listContainers({ filter: { podSandboxId } });
  for (const { id } of containers) await client.stopContainer({ containerId: id });
  await client.stopPodSandbox({ podSandboxId });
  await client.removePodSandbox({ podSandboxId });
}

/** What each call took, and the sums of them. */
export function withSums(calls: readonly Pick<CallTime, "call" | "ms">[]): Timings {
  const sum = (names: readonly Call[]) =>
    calls.reduce((all, { call, ms }) => names.includes(call) ? all + ms : all, 0);
  return {
    ...Object.fromEntries(calls.map(({ call, ms }) => [call, ms])),
    "run → started": sum(CALLS.slice(0, 3)),
    "stop + remove": sum(["StopContainer", "RemoveContainer"]),
    "whole cycle": sum(CALLS),
  };
}

/** Peers refuse to remove what ends just now, even after StopContainer (containerd container_remove.go). */
async function untilExited(
  client: CriClient,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const { status } = await client.containerStatus({ containerId });
    if (status?.state === ContainerState.CONTAINER_EXITED) return;
    await pause(EXIT_POLL_MS, signal);
  }
}

/** Keeps when each call was made, and how long it took. */
export class Stopwatch {
  readonly #calls: CallTime[] = [];

  get calls(): readonly CallTime[] {
    return this.#calls;
  }

  async time<T>(call: Call, body: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const answer = await body();
    const ms = performance.now() - began;
    this.#calls.push({ call, beganMs: performance.timeOrigin + began, ms });
    return answer;
  }
}

/** Resolves after so long, or when `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    resolve();
  }, { once: true });
  return promise;
}

/** As the kubelet asks for an ordinary pod, and for one on the host's network. */
function namespacesOf({ network }: PodOptions) {
  const mode = network === "host" ? NamespaceMode.NODE : NamespaceMode.POD;
  return { network: mode, pid: NamespaceMode.CONTAINER };
}
