import { assertEquals } from "@std/assert";

import { percentile, tableOf } from "../../../bench/report.ts";

const SAMPLE = {
  "RunPodSandbox": 10,
  "CreateContainer": 5,
  "StartContainer": 40,
  "run → started": 55,
  "whole cycle": 90,
};

Deno.test("percentile() is a sample that so many are not above", () => {
  const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
  assertEquals([50, 90, 99, 100].map((it) => percentile(samples, it)), [50, 90, 99, 100]);
  assertEquals(percentile([7], 50), 7);
});

Deno.test("tableOf() sets each peer's median against ours", () => {
  const slow = { ...SAMPLE, "RunPodSandbox": 25 };
  const lines = tableOf([
    { name: "us", samples: [SAMPLE] },
    { name: "peer", samples: [slow] },
  ]);
  assertEquals(lines.length, 6);
  assertEquals(lines[1]?.split(/ {2,}/), [
    "RunPodSandbox",
    "10.0",
    "10.0",
    "10.0",
    "25.0",
    "25.0",
    "25.0",
    "×2.50",
  ]);
});
