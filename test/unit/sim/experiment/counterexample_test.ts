import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type CounterExample,
  counterExampleOf,
  failureClassOf,
  inMacrotask,
  parseCounterExample,
  replay,
  shrink,
  traceOf,
} from "../../../../sim/mod.ts";
import { counting, failingSeed } from "./toy.ts";

function example(): CounterExample {
  const program = { tasks: [1, 0, 2] };
  const seed = failingSeed(program);
  const { failure, schedule } = traceOf(counting, program, { seed });
  const failing = { program, seed, schedule, failureClass: failureClassOf(failure) };
  return counterExampleOf(counting, shrink(counting, failing), "1.2.3");
}

Deno.test("a counter-example is a file that makes the same run again", async () => {
  await inMacrotask(() => {
    const written = example();
    const read = parseCounterExample(JSON.stringify(written));
    assertEquals(read, written);
    const { isSame, divergence, missedCount } = replay(counting, read);
    assert(isSame);
    assertEquals(divergence, undefined);
    assertEquals(missedCount, 0);
  });
});

Deno.test("replay() names the first step that is another, and what could not be done", async () => {
  await inMacrotask(() => {
    const written = example();
    const other = { ...written, program: { tasks: [0, 1] } };
    const { divergence, isSame } = replay(counting, other);
    assert(divergence !== undefined);
    const { number, expected, actual } = divergence;
    assertEquals(expected, written.trace[number - 1]);
    assert(expected !== actual);

    const schedule = [
      ...written.schedule,
      { kind: "switch", at: "nobody#1", to: "nobody#2" } as const,
    ];
    const impossible = replay(counting, { ...written, schedule });
    assertEquals(impossible.missedCount, 1);
    assertEquals(impossible.deviationCount, written.schedule.length + 1);
    assert(isSame === (failureClassOf(replay(counting, other).failure) === written.failureClass));
  });
});

Deno.test("replay() says when it passes, or fails in another way", async () => {
  await inMacrotask(() => {
    const passing = replay(counting, { ...example(), schedule: [], program: { tasks: [0] } });
    assertEquals(passing.failure, undefined);
    assertEquals(passing.isSame, false);
    const another = replay(counting, { ...example(), failureClass: "I1 single-start" });
    assert(another.failure !== undefined);
    assertEquals(another.isSame, false);
  });
});

Deno.test("parseCounterExample() refuses what it cannot trust", async () => {
  const good = await inMacrotask(example);
  const bad: readonly (readonly [string, unknown])[] = [
    ["it is no JSON", "{"],
    ["it is no object", "3"],
    ["its format is", JSON.stringify({ ...good, format: "slipway-counterexample/2" })],
    ["its seed is no whole number", JSON.stringify({ ...good, seed: 1.5 })],
    ["its message is no text", JSON.stringify({ ...good, message: 3 })],
    ["its trace is no list of steps", JSON.stringify({ ...good, trace: [1] })],
    ["entry 0 is no deviation", JSON.stringify({ ...good, schedule: [{}] })],
  ];
  for (const [why, text] of bad) {
    assertThrows(() => parseCounterExample(String(text)), TypeError, why);
  }
  assertThrows(() => replay(counting, { ...good, program: {} }), TypeError, "it counts nothing");
});
