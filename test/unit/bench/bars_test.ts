import { assertEquals } from "@std/assert";

import { barsOf } from "../../../bench/bars.ts";
import { REPORT } from "./fixture.ts";

const [ours, peer, floor] = REPORT.endpoints;

function verdicts(pauseMs: number, network: "host" | "cni" = "host", parallel = 1) {
  if (ours === undefined || peer === undefined || floor === undefined) throw new Error("no report");
  const bars = barsOf(ours, [peer, floor], { pauseMs, network, parallel });
  return bars.map(({ name, value, isMet }) => [name, Math.round(value * 100) / 100, isMet]);
}

Deno.test("barsOf() asks for all that a run can tell", () => {
  assertEquals(verdicts(0), [
    ["run → started p50", 0.5, false],
    ["run → started p99", 0.83, false],
    ["StartContainer p50", 1, false],
    ["whole cycle p50", 0.7, false],
    ["stop + remove p50", 1, false],
    ["20 pods at once, pods/s", 4, true],
    ["memory at 20 pods", 0.5, true],
    ["ContainerStatus at 20 containers p50", 0.5, true],
    ["ListContainers at 20 containers p50", 3, false],
    ["run → started p50 above it", 15, true],
    ["delay of other pods' calls by 20 at once, p99", 60, false],
    ["run → started p50 at 20 pods against 0", 1.2, true],
    ["memory of each container from 20 to 100", 0.4, true],
  ]);
});

Deno.test("barsOf() asks no more than a run can tell", () => {
  const names = (pauseMs: number, network: "host" | "cni") =>
    verdicts(pauseMs, network).map(([name]) => name);
  // Neither back to back nor late enough for a task to be there.
  assertEquals(names(50, "host").includes("StartContainer p50"), false);
  assertEquals(names(100, "host").includes("StartContainer p50"), true);
  // What is done in the pause is in no measure.
  assertEquals(
    names(100, "host").some((it) => /whole cycle|run → started p50$/.test(`${it}`)),
    false,
  );
  // Pods beside others wait for each other.
  assertEquals(verdicts(0, "host", 20).some(([name]) => name === "whole cycle p50"), false);
  // The floor has no network of its own.
  assertEquals(names(0, "cni").includes("run → started p50 above it"), false);
});
