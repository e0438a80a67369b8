import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inMacrotask } from "../../../sim/driver.ts";
import { counterExampleOf } from "../../../sim/experiment/counterexample.ts";
import { lifecycleExperiment } from "../../../sim/lifecycle/experiment.ts";
import { programOf } from "../../../sim/lifecycle/explore.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

async function replay(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-lock", "mod.ts", "replay", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** A run that does not fail, told to be one that does. */
function example(): Promise<string> {
  return inMacrotask(() => {
    const run = { program: programOf(1), seed: 1, schedule: [], failureClass: "I1 single-start" };
    return JSON.stringify(counterExampleOf(lifecycleExperiment(), run, "0.0.1"));
  });
}

async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, text);
    await use(file);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("slipway replay SEED says that a seed does not fail", async () => {
  const { code, stdout } = await replay("1");
  assertEquals(stdout, "no failure, seed 1\n");
  assertEquals(code, 0);
});

Deno.test("slipway replay FILE makes the run again and shows it", async () => {
  await withFile(await example(), async (file) => {
    const { code, stdout } = await replay(file);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "RunPodSandbox s0");
    assertStringIncludes(stdout, "The same run as recorded, step by step");
  });
});

Deno.test("slipway replay writes a page, lines of JSON and a trace where it is told to", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/example.json`;
    await Deno.writeTextFile(file, await example());
    const files = ["html", "ndjson", "perfetto"].map((it) => `--${it}=${folder}/failure.${it}`);
    const { code, stderr } = await replay(file, ...files);
    assertEquals(code, 0, stderr);
    const read = (it: string) => Deno.readTextFile(`${folder}/failure.${it}`);
    assertMatch(await read("html"), /^<!doctype html>[^]*It does not fail[^]*<\/html>\s*$/i);
    assertEquals(JSON.parse((await read("ndjson")).split("\n")[0] ?? "").type, "header");
    assertEquals(JSON.parse(await read("perfetto")).otherData.replay, `deno task replay ${file}`);
    assertStringIncludes(stderr, `Page: ${folder}/failure.html`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("slipway replay --json says where another run was made", async () => {
  const changed = JSON.parse(await example());
  changed.trace[5] = "1#1 another.verb";
  await withFile(JSON.stringify(changed), async (file) => {
    const { divergence, failure } = JSON.parse((await replay(file, "--json")).stdout);
    assertEquals(failure, null);
    assertEquals(divergence.number, 6);
    assertEquals(divergence.expected, "1#1 another.verb");
  });
});

Deno.test("slipway replay refuses a file that is no counter-example", async () => {
  await withFile("{}", async (file) => {
    const { code, stderr } = await replay(file);
    assertEquals(code, 1);
    assertMatch(stderr, /Cannot read counter-example: its format is undefined/);
  });
  const { code, stderr } = await replay("/nowhere/at-all.json");
  assertEquals(code, 1);
  assertMatch(stderr, /\/nowhere\/at-all\.json/);
});
