import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

import type { Baseline } from "../../bench/regression.ts";
import { systemTest } from "./scene.ts";

const SCRIPT = fromFileUrl(new URL("../../bench/check.ts", import.meta.url));
const BASELINE = fromFileUrl(new URL("../../bench/baseline.json", import.meta.url));

async function check(...args: readonly string[]) {
  const all = ["run", "-A", SCRIPT, "--short", ...args];
  const command = new Deno.Command(Deno.execPath(), { args: all, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it));
  return { code, out: out ?? "", err: err ?? "" };
}

systemTest("the start path is not slower than the baseline says", async () => {
  const { code, out, err } = await check();
  assertEquals(code, 0, `${out}\n${err}`);
  assertStringIncludes(out, "StartContainer / runc run");
});

systemTest("bench:check fails when the start path does more than the baseline says", async () => {
  const folder = await Deno.makeTempDir({ prefix: "slipway-test-" });
  try {
    const baseline: Baseline = JSON.parse(await Deno.readTextFile(BASELINE));
    const file = join(folder, "baseline.json");
    await Deno.writeTextFile(file, JSON.stringify({ ...baseline, counts: {} }));
    const { code, err } = await check("--baseline", file);
    assertEquals(code, 1);
    assertStringIncludes(err, "the start path got slower: ");
    assertStringIncludes(err, "task.prepare: spawn conmon");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
