import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { promises } from "./contract.ts";
import { type Breakage, MODEL_ERRORS } from "./model_errors.ts";
import { PROGRAM_ERRORS } from "./program_errors.ts";
import { RECORDED } from "./trace/recordings.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const TESTS = "test/conformance";
const COPIED = ["src", "sim", "real", "test", ".deno", "deno.json", "deno.lock"];

Deno.test("every deliberate error names a promise of the contract, or a recording", () => {
  assertEquals(MODEL_ERRORS.filter(({ promise }) => promises[promise] === undefined), []);
  assertEquals(PROGRAM_ERRORS.filter(({ recording }) => RECORDED[recording] === undefined), []);
});

Deno.test("a copy of the model in which nothing is wrong passes", async () => {
  using copy = await copyOfModel();
  const { code, output } = await runTests(copy.path, "/^(sim|recorded): /");
  assertEquals(code, 0, output);
});

for (const error of MODEL_ERRORS) {
  Deno.test(`the contract refuses a machine on which ${error.name}`, async () => {
    await assertRefused(error, `sim: ${error.promise}`);
  });
}

for (const error of PROGRAM_ERRORS) {
  Deno.test(`a recording refuses a machine on which ${error.name}`, async () => {
    await assertRefused(error, `recorded: ${error.recording}`);
  });
}

/** Breaks a copy of the model, in which the test of that name must fail then. */
async function assertRefused(error: Breakage, test: string): Promise<void> {
  using copy = await copyOfModel();
  await breakRule(copy.path, error);
  const { code, output } = await runTests(copy.path, `/^${literally(test)}$/`);
  assertEquals(code, 1, output);
  assertMatch(output, new RegExp(`^${literally(test)} \\.\\.\\. FAILED`, "m"));
}

async function breakRule(copy: string, { file, from, to }: Breakage): Promise<void> {
  const path = join(copy, file);
  const text = await Deno.readTextFile(path);
  assert(text.includes(from), `${file} no longer has ${JSON.stringify(from)}`);
  await Deno.writeTextFile(path, text.replace(from, () => to));
}

/** Runs tests of a copy that need no Linux. */
async function runTests(
  copy: string,
  filter: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const flags = ["-A", "--no-check", "--no-lock", `--filter=${filter}`];
  const tests = ["contract_sim_test.ts", "recordings_test.ts"].map((it) => join(TESTS, it));
  return await run(Deno.execPath(), ["test", ...flags, ...tests], copy);
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
