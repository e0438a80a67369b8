import { assertEquals, assertMatch } from "@std/assert";
import { MUTANTS } from "./catalogue.ts";
import { WorkingCopy } from "./copy.ts";

Deno.test("every scenario fails with its mutant", async (test) => {
  await using copy = await WorkingCopy.make();
  for (const { name, scenario, edits } of MUTANTS) {
    if (scenario === undefined) continue;
    await test.step(`${scenario} fails with ${name}`, async () => {
      using _edits = copy.apply(edits);
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: [
          "test",
          "-A",
          "--no-check",
          "--no-lock",
          `--filter=/^${scenario}:/`,
          "test/scenario/",
        ],
        cwd: copy.path,
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const output = new TextDecoder().decode(stdout);
      assertEquals(code, 1, output);
      assertMatch(output, new RegExp(`^${scenario}: .* FAILED`, "m"), output);
    });
  }
});
