import { assertEquals } from "@std/assert";
import { MUTANTS } from "./catalogue.ts";
import { WorkingCopy } from "./copy.ts";
import { hunt } from "./hunt.ts";
import type { Mutant } from "./mutant.ts";

const BUDGET = { seed: 1, schedules: 1_000, seconds: 30, isShrunk: false };

/** One of each kind: a leak, a lost wait, a failure that is none, an event too late, a hold that is lost. */
const SAMPLE = [
  "create-fails-and-leaves-files",
  "removal-is-refused-by-a-start",
  "stop-fails-when-it-has-ended",
  "start-is-announced-late",
  "layer-removed-although-it-is-held",
];

Deno.test("the search finds mutants, and nothing without one", async (test) => {
  await using copy = await WorkingCopy.make();
  for (const name of SAMPLE) {
    await test.step(name, async () => {
      const mutant = named(name);
      const { failure } = await hunt(copy, mutant, BUDGET);
      assertEquals(failure?.invariant, mutant.invariant, failure?.message);
    });
  }
  for (const name of [SAMPLE.at(0), SAMPLE.at(-1)]) {
    await test.step(`no mutant, where ${name} is found`, async () => {
      const { failure, schedules } = await hunt(copy, { ...named(name), edits: [] }, {
        ...BUDGET,
        schedules: 50,
      });
      assertEquals([failure, schedules], [undefined, 50]);
    });
  }
});

function named(name: string | undefined): Mutant {
  const mutant = MUTANTS.find((it) => it.name === name);
  if (mutant === undefined) throw new Error(`No mutant is called ${name}`);
  return mutant;
}
