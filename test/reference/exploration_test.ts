import { assert, assertEquals } from "@std/assert";
import { runLifecycle } from "../../sim/lifecycle/run.ts";
import { inMacrotask } from "../../sim/mod.ts";
import { findWindows, smallest } from "./search.ts";
import { WINDOWS } from "./windows.ts";

/** From seed 1 on. */
const SCHEDULES_MAX = 1_000;

for (const window of WINDOWS) {
  Deno.test(`${window.name} is found in the reference, and not in our core`, async () => {
    const [found] = await inMacrotask(() => findWindows(window, SCHEDULES_MAX, 1));
    assert(found !== undefined, `${SCHEDULES_MAX} schedules do not show it`);
    await inMacrotask(() => {
      for (let seed = 1; seed <= found.seed; seed++) {
        const { failure } = runLifecycle(window.program(seed), { seed });
        assertEquals(failure, undefined, `seed ${seed}`);
      }
    });
  });
}

Deno.test("smallest() keeps of W8 the deaths of monitor and daemon alone", async () => {
  const window = WINDOWS.find(({ name }) => name === "W8");
  assert(window !== undefined);
  const found = await inMacrotask(() => smallest(window, findWindows(window, SCHEDULES_MAX, 3)));
  assert(found !== undefined);
  const { preemptions, isMinimal, program, schedule } = found.run;
  assertEquals({ preemptions, isMinimal }, { preemptions: 0, isMinimal: true });
  assertEquals(schedule.map(({ kind }) => kind), ["inject", "inject"]);
  assertEquals(program.clients.flat().map(({ request }) => request.kind), [
    "RunPodSandbox",
    "CreateContainer",
    "StartContainer",
    "StartContainer",
  ]);
});
