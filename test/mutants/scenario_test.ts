import { assert } from "@std/assert";
import { MUTANTS } from "./catalogue.ts";
import { WorkingCopy } from "./copy.ts";
import { runScenario } from "./scenario.ts";

Deno.test("every scenario fails with its mutant", async (test) => {
  await using copy = await WorkingCopy.make();
  for (const { name, scenario, edits } of MUTANTS) {
    if (scenario === undefined) continue;
    await test.step(`${scenario} fails with ${name}`, async () => {
      using _edits = copy.apply(edits);
      const { hasFailed, output } = await runScenario(copy, scenario);
      assert(hasFailed, output);
    });
  }
});
