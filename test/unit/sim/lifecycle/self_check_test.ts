import { assertEquals, assertMatch } from "@std/assert";
import { differenceOfTwo, selfCheck } from "../../../../sim/lifecycle/self_check.ts";
import { programOf } from "../../../../sim/lifecycle/explore.ts";
import { inMacrotask, Simulation } from "../../../../sim/mod.ts";

/** A machine on which a daemon makes folders, each time a different number. */
function makeFolders(count: number): { readonly simulation: Simulation } {
  const simulation = new Simulation({ seed: 1, history: true });
  simulation.bootDaemon(async ({ files }) => {
    for (let i = 0; i < count; i++) await files.mkdir(`/run/${i}`);
  });
  simulation.run();
  return { simulation };
}

Deno.test("differenceOfTwo() is none where a run is a function of its seed", async () => {
  await inMacrotask(() => assertEquals(differenceOfTwo(() => makeFolders(3)), undefined));
});

Deno.test("differenceOfTwo() names the first step that is another", async () => {
  await inMacrotask(() => {
    let count = 2;
    assertMatch(
      String(differenceOfTwo(() => makeFolders(count++))),
      /^step 4 is nothing, and the second time daemon: files\.mkdir \/run\/2 at/,
    );
  });
});

Deno.test("selfCheck() finds that lifecycle runs are a function of their seeds", async () => {
  await inMacrotask(() => {
    for (const seed of [64, 128, 192]) selfCheck(programOf(seed), { seed });
  });
});
