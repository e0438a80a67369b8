import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { promises } from "./contract.ts";
import { MODEL_ERRORS, type ModelError } from "./model_errors.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const COPIED = ["src", "sim", "real", "test", ".deno", "deno.json", "deno.lock"];

Deno.test("every deliberate error names a promise of the contract", () => {
  const unknown = MODEL_ERRORS.filter(({ promise }) => promises[promise] === undefined);
  assertEquals(unknown, []);
});

Deno.test("the contract accepts a copy of the model in which nothing is wrong", async () => {
  using copy = await copyOfModel();
  const { code, output } = await checkPromises(copy.path, "sim: ");
  assertEquals(code, 0, output);
});

for (const error of MODEL_ERRORS) {
  Deno.test(`the contract refuses a machine on which ${error.name}`, async () => {
    using copy = await copyOfModel();
    await breakRule(copy.path, error);
    const { code, output } = await checkPromises(copy.path, `/^sim: ${literally(error.promise)}$/`);
    assertEquals(code, 1, output);
    assertMatch(output, new RegExp(`^sim: ${literally(error.promise)} \\.\\.\\. FAILED`, "m"));
  });
}

async function breakRule(copy: string, { file, from, to }: ModelError): Promise<void> {
  const path = join(copy, file);
  const text = await Deno.readTextFile(path);
  assert(text.includes(from), `${file} no longer has ${JSON.stringify(from)}`);
  await Deno.writeTextFile(path, text.replace(from, () => to));
}

/** Runs promises of the contract on the simulated machine of a copy. */
async function checkPromises(
  copy: string,
  filter: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const flags = ["-A", "--no-check", "--no-lock", `--filter=${filter}`];
  const test = "test/conformance/contract_sim_test.ts";
  return await run(Deno.execPath(), ["test", ...flags, test], copy);
}

async function copyOfModel(): Promise<{ readonly path: string } & Disposable> {
  const path = await Deno.makeTempDir({ prefix: "slipway-model-" });
  const copy = { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
  const { code, output } = await run("cp", ["-r", ...COPIED, path], ROOT);
  if (code === 0) return copy;
  copy[Symbol.dispose]();
  throw new Error(output);
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const env = { NO_COLOR: "1" };
  const command = new Deno.Command(program, { args: [...args], cwd, env, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

/** A text as a pattern that stands for nothing but itself. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
