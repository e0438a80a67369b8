import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url).pathname;

interface Row {
  readonly pair: string;
  readonly bound: number | "all";
  readonly schedules: number;
  readonly failure: string | null;
}

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

Deno.test("slipway explore runs every schedule of a pair", async () => {
  const pairs = await explored("remove+remove", "create+create", "--prepare=lazy");
  assertEquals(
    pairs.map(({ pair, bound, failure }) => [pair, bound, failure]),
    [["remove+remove", "all", null], ["create+create", "all", null]],
  );
  for (const { schedules } of pairs) assert(schedules > 1);
});

Deno.test("slipway explore runs every schedule within a bound where all are too many", async () => {
  const [pair] = await explored("start+stop", "--prepare=lazy", "--preemptions=0", "--runs=60");
  assertEquals([pair?.bound, pair?.failure], [0, null]);
  assert((pair?.schedules ?? 0) > 1);
});

/** The rows of a search that finds no failure. */
async function explored(...args: readonly string[]): Promise<readonly Row[]> {
  const { code, stdout, stderr } = await explore(...args, "--json");
  assertEquals(code, 0, stderr);
  const { pairs, replay } = JSON.parse(stdout);
  assertEquals(replay, null);
  return pairs;
}

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
