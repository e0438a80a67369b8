import { assert, assertEquals, assertMatch } from "@std/assert";
import { PROTECTIONS } from "./protections.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SCENARIOS = [
  "prepare_test.ts",
  "remove_test.ts",
  "sandbox_test.ts",
  "start_test.ts",
  "stop_test.ts",
];

Deno.test("every scenario names what protects from it", async () => {
  const told: string[] = [];
  for (const file of SCENARIOS) {
    const text = await Deno.readTextFile(`${ROOT}/test/scenario/${file}`);
    told.push(...[...text.matchAll(/^scenario\(\s*"(\w+):/gm)].map((match) => match[1] ?? ""));
  }
  assertEquals(told.toSorted(), PROTECTIONS.map((it) => it.scenario).toSorted());
});

for (const { scenario, edits } of PROTECTIONS) {
  Deno.test(`${scenario} fails when its protection is taken out`, async () => {
    const copy = await Deno.makeTempDir({ prefix: "slipway-protection-" });
    try {
      await run("cp", ["-r", ...["src", "sim", "test", ".deno", "deno.json", "deno.lock"], copy]);
      for (const { file, from, to } of edits) {
        const text = await Deno.readTextFile(`${copy}/${file}`);
        assert(text.includes(from), `${file} no longer has ${JSON.stringify(from)}`);
        await Deno.writeTextFile(`${copy}/${file}`, text.replace(from, to));
      }
      const { code, output } = await run(
        Deno.execPath(),
        ["test", "-A", "--no-check", "--no-lock", `--filter=/^${scenario}:/`, "test/scenario/"],
        copy,
      );
      assertEquals(code, 1, output);
      assertMatch(output, new RegExp(`^${scenario}: .* FAILED`, "m"), output);
    } finally {
      await Deno.remove(copy, { recursive: true });
    }
  });
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string = ROOT,
): Promise<{ readonly code: number; readonly output: string }> {
  const command = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}
