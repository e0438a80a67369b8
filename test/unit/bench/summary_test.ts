import { assertEquals } from "@std/assert";

import { reportOf, summaryOf } from "../../../bench/summary.ts";
import { FLOOR, OURS, pod, REPORT } from "./fixture.ts";

Deno.test("withSums() adds what the calls of a phase took", () => {
  const timings = pod({ "StartContainer": 30, "RemoveContainer": 5 });
  assertEquals(timings["run → started"], 50);
  assertEquals(timings["stop + remove"], 15);
  assertEquals(timings["whole cycle"], 85);
});

Deno.test("summaryOf() gives percentiles of what there are samples of, and only of that", () => {
  assertEquals(summaryOf([{ "StartContainer": 10 }, { "StartContainer": 30 }]), {
    "StartContainer": { p50: 10, p90: 30, p99: 30, p50Low: 10, p50High: 30 },
  });
});

Deno.test("reportOf() gives each endpoint what was measured at it", () => {
  const [ours, peer, floor] = REPORT.endpoints;
  assertEquals(ours?.samples["StartContainer"], [10, 30]);
  assertEquals([peer?.network, peer?.runtime], ["host", "containerd 1.6"]);
  assertEquals(ours?.reads[0]?.calls["ListContainers"]?.p50, 3);
  assertEquals(ours?.growth.map((it) => it.calls["run → started"]?.p50), [30, 36]);
  assertEquals([ours?.burst?.podsPerSecond, ours?.burst?.delay.p99], [40, 60]);
  assertEquals(Object.keys(floor?.calls ?? {}), ["run → started"]);
  assertEquals([floor?.memory, floor?.burst], [[], null]);
  assertEquals(REPORT.simulated.calls["StartContainer"]?.p50, 0.5);
});

Deno.test("reportOf() sets ours against each other endpoint", () => {
  const [peer, floor] = REPORT.ratios;
  assertEquals([peer?.name, peer?.peer], ["us", "peer"]);
  assertEquals(peer?.calls["RunPodSandbox"], 0.25);
  assertEquals(peer?.intervals["RunPodSandbox"], { value: 0.25, low: 0.25, high: 0.25 });
  assertEquals([peer?.podsPerSecond, peer?.cpuSecondsPerPod, peer?.memory], [2, 0.5, 92 / 500]);
  assertEquals(floor?.calls, { "run → started": 2 });
  assertEquals([floor?.podsPerSecond, floor?.cpuSecondsPerPod, floor?.memory], [null, 2, null]);
});

Deno.test("reportOf() can do without peers and all that was not asked for", () => {
  const { settings, machine, versions } = REPORT;
  const report = reportOf({
    ...{ settings, machine, versions, beganAt: "", commandLine: [], simulated: [], trace: null },
    series: [{ ...FLOOR, timings: [], cpuSeconds: [] }],
  });
  assertEquals([report.ratios, report.bars], [[], []]);
  assertEquals(report.endpoints[0]?.calls, {});
  assertEquals(reportOf({ ...report, series: [OURS], simulated: [] }).ratios, []);
});

Deno.test("a report is the same after JSON", () => {
  assertEquals(JSON.parse(JSON.stringify(REPORT)), REPORT);
});
