import { assert, assertEquals } from "@std/assert";
import { programOf } from "../../sim/lifecycle/explore.ts";
import { allPairs, pairProgram } from "../../sim/lifecycle/pairs.ts";
import { type LifecycleProgram, QUIET } from "../../sim/lifecycle/request.ts";
import { inMacrotask } from "../../sim/mod.ts";
import { swapSteps } from "./commuting.ts";

/** So few that each is another process's soon. */
const FEW_PIDS = 12;

const PAIRS = allPairs().filter((pair) => !pair.includes("crash"));

/** A random program in which nothing goes wrong. */
function quiet(seed: number): LifecycleProgram {
  return { ...programOf(seed), faults: [], incidents: [], pidMax: QUIET.pidMax };
}

Deno.test("steps with footprints that do not conflict commute, in every pair that is explored", async () => {
  await inMacrotask(() => {
    let count = 0;
    for (const [seed, pair] of PAIRS.entries()) {
      for (const prepare of ["lazy", "eager"] as const) {
        const swapped = swapSteps(pairProgram(pair, prepare), { seed, swaps: 40 });
        assertEquals(swapped.odd, undefined, `${pair.join("+")} ${prepare}: ${swapped.odd}`);
        count += swapped.count;
      }
    }
    assert(count > 1_000, `only ${count} pairs of steps were swapped`);
  });
});

Deno.test("steps with footprints that do not conflict commute, in random programs", async () => {
  await inMacrotask(() => {
    let count = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const swapped = swapSteps(quiet(seed), { seed, swaps: 30 });
      assertEquals(swapped.odd, undefined, `seed ${seed}: ${swapped.odd}`);
      count += swapped.count;
    }
    assert(count > 1_500, `only ${count} pairs of steps were swapped`);
  });
});

Deno.test("swapSteps() notices what footprints leave out", async () => {
  const kinds = [
    "cgroup ",
    "inode ",
    "next pid",
    "pipe ",
    "process ",
    "processes",
    "random",
  ];
  await inMacrotask(() => {
    for (const kind of [...kinds, "shared ", "watch "]) {
      assert(isNoticed(kind, QUIET.pidMax), `nobody notices that footprints leave out "${kind}"`);
    }
    assert(isNoticed("pid ", FEW_PIDS), "nobody notices that footprints leave out pids");
  });
});

function isNoticed(kind: string, pidMax: number): boolean {
  const isLeftOut = (name: string) => name.startsWith(kind);
  const seeds = Array.from({ length: 1_000 }, (_, index) => index + 1);
  return seeds.some((seed) => {
    const program = { ...quiet(seed), pidMax };
    return swapSteps(program, { seed, swaps: 20, isLeftOut }).odd !== undefined;
  });
}
