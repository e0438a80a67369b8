import { assertEquals } from "@std/assert";

import { callCounts, spanStatistics } from "../../../bench/span_statistics.ts";
import { parseTrace, podTraces } from "../../../bench/spans.ts";
import { typicalCalls, waterfallOf } from "../../../bench/waterfall.ts";
import { CYCLE, TRACE_LINES } from "./fixture.ts";

const traces = podTraces(parseTrace(TRACE_LINES), [CYCLE]);

Deno.test("podTraces() gives a pod its own spans, those that outlived what began them apart", () => {
  assertEquals(
    traces[0]?.roots.map((it) => [it.origin, it.name, it.children.map((it) => it.name)]),
    [
      ["StartContainer", "StartContainer", ["commit", "task.release"]],
      ["StopContainer", "StopContainer", ["signal process"]],
      ["after StartContainer", "spawn runc", []],
      ["after StartContainer", "commit", []],
    ].map(([origin, name, children]) => [origin, name, children]),
  );
});

Deno.test("waterfallOf() shows a call's own spans and what went on beside it, on the client's clock", () => {
  const [start, stop] = CYCLE.calls.map((it) => waterfallOf(it, traces[0]?.roots ?? []));
  const rows = (call: typeof start) =>
    call?.spans.map(({ name, depth, startMs, ms, isWait, isBackground }) => [
      `${" ".repeat(depth)}${name}`,
      ...[startMs, ms].map((it) => Math.round(it * 10) / 10),
      ...[isWait ? "waits" : "works", isBackground ? "beside" : "own"],
    ]);
  assertEquals(rows(start), [
    ["StartContainer", 1, 8, "works", "own"],
    [" commit", 2, 2, "works", "own"],
    [" task.release", 5, 3, "works", "own"],
    ["  open fifo", 5, 1, "works", "own"],
    ["  data in fifo", 6, 2, "waits", "own"],
  ]);
  assertEquals(rows(stop), [
    ["StopContainer", 1, 7, "works", "own"],
    [" signal process", 2, 0.5, "works", "own"],
    ["spawn runc", 3, 3, "works", "beside"],
    ["commit", 6, 1, "works", "beside"],
  ]);
});

Deno.test("waterfallOf() cuts off what began before the call or ends after it", () => {
  const calls = [{ call: "StartContainer", beganMs: CYCLE.calls[0].beganMs + 3, ms: 3 }] as const;
  const { spans } = waterfallOf(calls[0], traces[0]?.roots ?? []);
  assertEquals(spans.map((it) => [it.name, it.startMs, it.ms].join(" ")), [
    "StartContainer 0 3",
    "commit 0 1",
    "task.release 2 1",
    "open fifo 2 1",
  ]);
});

Deno.test("typicalCalls() takes each call from the pod that is nearest to the median", () => {
  const slow = { ...CYCLE, calls: CYCLE.calls.map((it) => ({ ...it, ms: it.ms + 5 })) };
  const slower = { ...CYCLE, calls: CYCLE.calls.map((it) => ({ ...it, ms: it.ms + 9 })) };
  const three = podTraces(parseTrace(TRACE_LINES), [slower, CYCLE, slow]);
  assertEquals(typicalCalls(three).map((it) => [it.call, it.ms]), [
    ["StartContainer", 15],
    ["StopContainer", 15],
  ]);
});

Deno.test("spanStatistics() gives each kind of work its share, and what is left of its parent", () => {
  const rows = spanStatistics(traces).map(({ path, p50, share }) => [
    path.join(" / "),
    Math.round(p50 * 10) / 10,
    share === null ? null : Math.round(share * 100),
  ]);
  assertEquals(rows, [
    ["StartContainer", 8, 80],
    ["StartContainer / commit", 2, 25],
    ["StartContainer / task.release", 3, 38],
    ["StartContainer / task.release / open fifo", 1, 33],
    ["StartContainer / task.release / data in fifo", 2, 67],
    ["StartContainer / task.release / (rest)", 0, 0],
    ["StartContainer / (rest)", 3, 38],
    ["StopContainer", 7, 70],
    ["StopContainer / signal process", 0.5, 7],
    ["StopContainer / (rest)", 6.5, 93],
    ["after StartContainer", 4, null],
    ["after StartContainer / spawn runc", 3, 75],
    ["after StartContainer / commit", 1, 25],
  ]);
});

Deno.test("callCounts() counts the kernel's calls by what began them, and no waits", () => {
  assertEquals(callCounts(traces), {
    "StartContainer": { "commit": 1, "open fifo": 1 },
    "StopContainer": { "signal process": 1 },
    "after StartContainer": { "commit": 1, "spawn runc": 1 },
  });
});
