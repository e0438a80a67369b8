import { assert, assertEquals, assertMatch } from "@std/assert";
import { inMacrotask } from "../../sim/mod.ts";
import { reportHtml, reportText } from "../../sim/report/mod.ts";
import { findWindows, reportOfWindow, smallest } from "./search.ts";
import { WINDOWS } from "./windows.ts";

Deno.test("reportOfWindow() shows the smallest run of W8 beside one that passes", async () => {
  const window = WINDOWS.find(({ name }) => name === "W8");
  assert(window !== undefined);
  const report = await inMacrotask(() => {
    const found = smallest(window, findWindows(window, 1_000, 3));
    return found && reportOfWindow(window, found);
  });
  assert(report !== undefined);
  assertEquals(report.invariant, "I1");
  assertEquals(report.replayCommand, "deno task showcase W8");
  const text = reportText(report);
  assertMatch(text, /^I1 single start: container s0c0 was executed twice$/m);
  assertMatch(text, /conmon .*killed.*right after StartContainer s0c0 opens fifo .*exec.fifo/);
  assertMatch(text, /daemon .*killed.*right after /);
  assertMatch(text, /The nearest run that passes/);
  assertMatch(reportHtml(report), /executed twice/);
});
