import { assert, assertEquals, assertLess } from "@std/assert";
import { failureClassOf, inMacrotask, shrink, type Shrunk, traceOf } from "../../../../sim/mod.ts";
import { type Counting, counting, failingSeed, GONE } from "./toy.ts";

function shrunk(program: Counting, stepsMax?: number): Promise<Shrunk<Counting>> {
  return inMacrotask(() => {
    const seed = failingSeed(program);
    const { failure, schedule } = traceOf(counting, program, { seed });
    return shrink(
      counting,
      { program, seed, schedule, failureClass: failureClassOf(failure) },
      stepsMax,
    );
  });
}

Deno.test("shrink() leaves the two tasks and the one preemption that lose an increment", async () => {
  const { program, schedule, preemptions, isMinimal, failureClass } = await shrunk({
    tasks: [2, 0, 4, 1, 2],
  });
  assertEquals(failureClass, "bug: an increment is lost");
  assertEquals(program.tasks.filter((it) => it !== GONE), [0, 0]);
  assertEquals(preemptions, 1);
  assertEquals(schedule.map((it) => it.kind), ["switch"]);
  assert(isMinimal);
});

Deno.test("shrink() keeps the class of the failure", async () => {
  const { failureClass, program, schedule } = await shrunk({ tasks: [3] });
  assertEquals(failureClass, 'refused: writeFile "files.writeFile /tmp/broken": EIO: injected');
  assertEquals(program.tasks, [3]);
  assertEquals(schedule.map((it) => it.kind), ["fault"]);
});

Deno.test("shrink() ends with its budget, and then claims no minimum", async () => {
  const { runs, isMinimal, preemptions } = await shrunk({ tasks: [2, 0, 4, 1, 2] }, 30);
  assertLess(runs, 5);
  assertEquals(isMinimal, preemptions === 0);
});

Deno.test("shrink() gives what fails again when it is run", async () => {
  for (let length = 2; length < 8; length++) {
    const { program, seed, schedule, failureClass } = await shrunk({
      tasks: Array.from({ length }, (_, index) => index % 3),
    });
    await inMacrotask(() => {
      const { failure, missedCount } = traceOf(counting, program, { seed, schedule });
      assertEquals(failureClassOf(failure), failureClass);
      assertEquals(missedCount, 0);
    });
  }
});
