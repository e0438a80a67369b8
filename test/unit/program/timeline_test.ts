import { stripAnsiCode } from "@std/fmt/colors";
import { assertEquals } from "@std/assert";

import { timelineOf } from "../../../src/program/timeline.ts";

Deno.test("timelineOf() draws each span where and as long as it was", () => {
  const lines = timelineOf([
    { name: "outer", beganMs: 100, endedMs: 170 },
    { name: "inner", beganMs: 120, endedMs: 140 },
    { name: "next", beganMs: 170, endedMs: 180 },
    { name: "short", beganMs: 179.5, endedMs: 180 },
  ], 8);
  assertEquals(lines.map(stripAnsiCode), [
    "outer    ███████  70.0 ms",
    "  inner    ██     20.0 ms",
    "next            █ 10.0 ms",
    "  short         ▏ 500 µs",
  ]);
});

Deno.test("timelineOf() draws nothing of nothing", () => {
  assertEquals(timelineOf([], 8), []);
  assertEquals(timelineOf([{ name: "a", beganMs: 1, endedMs: 1 }], 8), []);
});
