import { assert, assertEquals } from "@std/assert";

import { type Call, CALLS, withSums } from "../../../bench/cycle.ts";
import { linesOf, reportOf, type Series, type Settings } from "../../../bench/report.ts";

const SETTINGS: Settings = {
  pods: 2,
  warmup: 1,
  parallel: 1,
  pauseMs: 0,
  network: "host",
  workload: "sleep",
};

/** A pod each of whose calls takes 10 ms, but for those that are told. */
function pod(calls: Partial<Record<Call, number>> = {}) {
  const all = CALLS.map((it) => [it, calls[it] ?? 10] as const);
  return withSums(Object.fromEntries(all) as Record<Call, number>);
}

function memory(pods: number, pss: number) {
  return { pods, pss, daemonPss: pss, helpersPss: 0, daemonRss: pss };
}

const OURS: Series = {
  name: "us",
  samples: [pod(), pod({ "StartContainer": 30 })],
  podsPerSecond: 20,
  cpuSecondsPerPod: 0.05,
  memory: [memory(0, 50), memory(20, 60)],
};
const PEER: Series = {
  name: "peer",
  samples: [pod({ "RunPodSandbox": 40 }), pod({ "RunPodSandbox": 40 })],
  podsPerSecond: 10,
  cpuSecondsPerPod: 0.1,
  memory: [memory(0, 40), memory(20, 120)],
};
const FLOOR: Series = {
  name: "runc run",
  samples: [{ "run → started": 15 }, { "run → started": 16 }],
  podsPerSecond: null,
  cpuSecondsPerPod: null,
  memory: [],
};

const REPORT = reportOf(SETTINGS, [OURS, PEER, FLOOR], [{ "StartContainer": 0.5 }]);

Deno.test("withSums() adds what the calls of a phase took", () => {
  const timings = pod({ "StartContainer": 30, "RemoveContainer": 5 });
  assertEquals(timings["run → started"], 50);
  assertEquals(timings["stop + remove"], 15);
  assertEquals(timings["whole cycle"], 85);
});

Deno.test("reportOf() gives each endpoint's percentiles, and only of what it has", () => {
  const [ours, peer, floor] = REPORT.endpoints;
  assertEquals(ours?.calls["StartContainer"], {
    p50: 10,
    p90: 30,
    p99: 30,
    p50Low: 10,
    p50High: 30,
  });
  assertEquals(peer?.network, "host");
  assertEquals(Object.keys(floor?.calls ?? {}), ["run → started"]);
  assertEquals(REPORT.simulated.calls["StartContainer"]?.p50, 0.5);
});

Deno.test("reportOf() sets ours against each other endpoint", () => {
  const [peer, floor] = REPORT.ratios;
  assertEquals([peer?.name, peer?.peer], ["us", "peer"]);
  assertEquals(peer?.calls["RunPodSandbox"], 0.25);
  assertEquals([peer?.podsPerSecond, peer?.cpuSecondsPerPod, peer?.memory], [2, 0.5, 0.5]);
  assertEquals(floor?.calls, { "run → started": 2 });
  assertEquals([floor?.podsPerSecond, floor?.cpuSecondsPerPod, floor?.memory], [null, null, null]);
});

Deno.test("a report is the same after JSON", () => {
  assertEquals(JSON.parse(JSON.stringify(REPORT)), REPORT);
});

Deno.test("reportOf() can do without peers, floor and memory", () => {
  const report = reportOf(SETTINGS, [{ ...OURS, memory: [] }], []);
  assertEquals(report.ratios, []);
  assert(linesOf(report).every((line) => !/NaN|undefined|null/.test(line)));
});

Deno.test("linesOf() shows a row a measure and leaves blank what was not measured", () => {
  const lines = linesOf(REPORT);
  const row = (name: string) => lines.find((it) => it.startsWith(name))?.split(/ {2,}/);
  assertEquals(row("RunPodSandbox"), [
    "RunPodSandbox",
    ...["10.0", "10.0–10.0", "10.0", "10.0"],
    ...["40.0", "40.0–40.0", "40.0", "40.0"],
    "×0.25",
  ]);
  assertEquals(row("run → started")?.slice(-2), ["×0.50", "×2.00"]);
  assertEquals(row("MB PSS at 0 pods"), ["MB PSS at 0 pods", "50.0", "40.0"]);
  assertEquals(row("MB PSS at 20 pods"), ["MB PSS at 20 pods", "60.0", "120.0", "×0.50"]);
  assert(lines.every((line) => !/NaN|undefined|null/.test(line)));
});
