import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  counterExampleOf,
  failureClassOf,
  type FailureReport,
  inMacrotask,
  reportOfCounterExample,
  reportText,
  shrink,
  traceOf,
} from "../../../../sim/mod.ts";
import { counting, failingSeed } from "../experiment/toy.ts";

/** A lost increment, found, shrunk and shown. */
function lostIncrement(): Promise<FailureReport> {
  return inMacrotask(() => {
    const program = { tasks: [2, 0, 1] };
    const seed = failingSeed(program);
    const { schedule, failure } = traceOf(counting, program, { seed });
    const failureClass = failureClassOf(failure);
    const shrunk = shrink(counting, { program, seed, schedule, failureClass });
    const example = counterExampleOf(counting, shrunk, "1.2.3");
    return reportOfCounterExample(counting, example, "deno task replay lost.json");
  });
}

Deno.test("reportOfCounterExample() tells the one preemption of a shrunk run", async () => {
  const report = await lostIncrement();
  assertEquals(report.title, "an increment is lost");
  assertEquals(report.isMinimal, true);
  assertEquals(report.deviations.length, 1);
  assertMatch(
    report.deviations[0]?.text ?? "",
    /^task \d is preempted before it writes \/tmp\/counter; task \d runs to its end; task \d goes on$/,
  );
  assertEquals(report.failing.steps.at(-1)?.mark, "violation");
});

Deno.test("reportOfCounterExample() stands it beside a run that passes and begins alike", async () => {
  const { failing, passing } = await lostIncrement();
  assert(passing !== undefined);
  const first = failing.steps.findIndex((it) => it.mark !== undefined);
  const keys = (steps: typeof failing.steps) => steps.slice(0, first).map((it) => it.key);
  assert(first > 0);
  assertEquals(keys(passing.steps), keys(failing.steps));
  assertEquals(passing.steps.filter((it) => it.mark !== undefined), []);
});

Deno.test("reportOfCounterExample() says so when it does not fail any more", async () => {
  const report = await inMacrotask(() => {
    const program = { tasks: [0, 0] };
    const mended = counterExampleOf(counting, {
      program,
      seed: 1,
      schedule: [],
      failureClass: "bug: an increment is lost",
    }, "1.2.3");
    return reportOfCounterExample(counting, { ...mended, message: "an increment is lost" }, "x");
  });
  assertEquals(report.title, "It does not fail; recorded was: an increment is lost");
  assertEquals(report.failing.steps.filter((it) => it.mark === "violation"), []);
  assertMatch(reportText(report), /It does not fail/);
});
