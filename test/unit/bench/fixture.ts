import { type Call, CALLS, type Timings, withSums } from "../../../bench/cycle.ts";
import { reportOf, type Series } from "../../../bench/summary.ts";
import { traceOf } from "../../../bench/trace.ts";
import type { TracedSpan } from "../../../src/program/trace.ts";

/** What two calls of a pod took, 10 ms but for those that are told. */
export function pod(calls: Partial<Record<Call, number>> = {}): Timings {
  return withSums(CALLS.map((call) => ({ call, ms: calls[call] ?? 10 })));
}

/** What a server takes, all of it the daemon's. */
export function memory(pods: number, pss: number) {
  return { pods, pss, daemonPss: pss, helpersPss: 0, daemonRss: pss };
}

/** Ours: a start that takes 30 ms in one of two pods. */
export const OURS: Series = {
  name: "us",
  runtime: "slipway 1",
  timings: [pod(), pod({ "StartContainer": 30 })],
  cpuSeconds: [0.04, 0.06],
  podsPerSecond: 20,
  levels: {
    memory: [memory(0, 50), memory(20, 60), memory(100, 92)],
    reads: [{ pods: 20, samples: { "ContainerStatus": [1, 1], "ListContainers": [3, 3] } }],
    growth: [{ pods: 0, samples: [pod(), pod()] }, {
      pods: 20,
      samples: [pod({ "RunPodSandbox": 16 })],
    }],
  },
  burst: { pods: 20, podsPerSecond: [30, 40, 50], delaysMs: [0, 1, 60] },
};

/** A peer that is slower in most. */
export const PEER: Series = {
  name: "peer",
  runtime: "containerd 1.6",
  timings: [pod({ "RunPodSandbox": 40 }), pod({ "RunPodSandbox": 40 })],
  cpuSeconds: [0.1, 0.1],
  podsPerSecond: 10,
  levels: {
    memory: [memory(0, 40), memory(20, 120), memory(100, 500)],
    reads: [{ pods: 20, samples: { "ContainerStatus": [2, 2], "ListContainers": [1, 1] } }],
    growth: [{ pods: 0, samples: [pod()] }, { pods: 20, samples: [pod()] }],
  },
  burst: { pods: 20, podsPerSecond: [10], delaysMs: [5] },
};

/** `runc run` alone. */
export const FLOOR: Series = {
  name: "runc run",
  runtime: null,
  timings: [{ "run → started": 15 }, { "run → started": 16 }],
  cpuSeconds: [0.02, 0.03],
  podsPerSecond: null,
};

/** When the pod of {@linkcode TRACE_LINES} was asked for, in milliseconds since 1970. */
const BEGAN_MS = 1_700_000_000_000;

function span(
  id: number,
  parent: number | null,
  name: string,
  [fromMs, toMs]: readonly [number, number],
  attributes: TracedSpan["attributes"] = {},
): string {
  const it: TracedSpan = {
    ...{ id, parent, name, attributes },
    beganMs: BEGAN_MS + fromMs,
    ms: toMs - fromMs,
  };
  return JSON.stringify(it);
}

const CALL = { kernel: true };
const WAIT = { kernel: true, wait: true };
const CONTAINER = { "container.id": "c1" };

/** A daemon's trace of one pod: it starts from 10 to 20 ms, is stopped from 30 to 40, and one other. */
export const TRACE_LINES: readonly string[] = [
  span(2, 1, "commit", [12, 14], CALL),
  span(4, 3, "open fifo", [15, 16], CALL),
  span(5, 3, "data in fifo", [16, 18], WAIT),
  span(3, 1, "task.release", [15, 18]),
  span(1, null, "StartContainer", [11, 19], CONTAINER),
  span(8, 7, "signal process", [32, 32.5], CALL),
  span(6, 1, "exit of process", [18, 33], WAIT),
  span(9, 1, "spawn runc", [33, 36], CALL),
  span(10, 1, "commit", [36, 37], CALL),
  span(7, null, "StopContainer", [31, 38], CONTAINER),
  span(11, null, "StartContainer", [11, 15], { "container.id": "c2" }),
  span(12, null, "change in folder", [0, 99], WAIT),
];

/** That pod, as its client saw it. */
export const CYCLE = {
  pod: { podSandboxId: "s1", containerId: "c1" },
  calls: [
    { call: "StartContainer", beganMs: BEGAN_MS + 10, ms: 10 },
    { call: "StopContainer", beganMs: BEGAN_MS + 30, ms: 10 },
  ],
  timings: pod(),
} as const;

/** A report with everything in it. */
export const REPORT = reportOf({
  beganAt: "2026-01-02T03:04:05.678Z",
  commandLine: ["--measure=all", "--peer=peer=unix:///peer.sock"],
  machine: {
    cpu: "A <fast> & good one",
    cores: 2,
    memory: 16_000,
    architecture: "x86_64",
    linux: "6.1",
    fileSystem: "ext2/ext3",
    cgroups: 2,
    load: 0.5,
  },
  versions: { slipway: "1", deno: "2", runc: "runc version 1", conmon: "conmon version 2" },
  settings: {
    pods: 2,
    warmup: 1,
    parallel: 1,
    pauseMs: 0,
    network: "host",
    workload: "sleep",
    measurements: ["cycle", "trace", "burst", "memory", "reads", "growth"],
  },
  series: [OURS, PEER, FLOOR],
  simulated: [{ "StartContainer": 0.5 }],
  trace: traceOf(TRACE_LINES, [CYCLE], OURS.timings.slice(0, 1)),
});
