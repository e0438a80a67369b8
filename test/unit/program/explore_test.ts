import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url).pathname;

async function explore(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-lock", "mod.ts", "explore", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("slipway explore runs every schedule of a pair within the bound", async () => {
  const args = ["remove+remove", "create+create", "--prepare=lazy", "--preemptions=0", "--json"];
  const { code, stdout, stderr } = await explore(...args);
  assertEquals(code, 0, stderr);
  const { pairs, replay } = JSON.parse(stdout);
  assertEquals(replay, null);
  assertEquals(
    pairs.map(({ pair, bound, failure }: Record<string, unknown>) => [pair, bound, failure]),
    [["remove+remove", 0, null], ["create+create", 0, null]],
  );
  for (const { schedules } of pairs) assertEquals(schedules > 1, true);
});

Deno.test("slipway explore says what it did not finish", async () => {
  const { code, stdout } = await explore("start+stop", "--prepare=lazy", "--runs=3", "--jobs=1");
  assertEquals(code, 0);
  assertMatch(stdout, /^start\+stop .* not finished$/m);
});

Deno.test("slipway explore refuses what is no pair", async () => {
  const { code, stdout, stderr } = await explore("start+dance");
  assertEquals(code, 2, stdout);
  assertStringIncludes(stderr, "start+dance is no pair");
});
