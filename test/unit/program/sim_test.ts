import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";

const ROOT = new URL("../../../", import.meta.url).pathname;

interface SimOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--no-lock", "mod.ts", "sim", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function outputOf(child: Deno.ChildProcess): Promise<SimOutput> {
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function summary(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await outputOf(start("--json", ...args));
  assertEquals(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("slipway sim --json prints one object, the same for any number of threads", async () => {
  const one = await summary("--runs=100", "--jobs=1");
  const three = await summary("--runs=100", "--jobs=3");
  assertEquals(Object.keys(one), [
    "runs",
    "steps",
    "executions",
    "states",
    "seconds",
    "schedulesPerSecond",
    "probes",
    "finding",
  ]);
  assertEquals(one["runs"], 100);
  assertEquals(one["finding"], null);
  for (const key of ["runs", "steps", "executions", "states", "probes"]) {
    assertEquals(three[key], one[key]);
  }
});

Deno.test("slipway sim --all-probes fails when a rare branch was not reached, and names it", async () => {
  const { code, stdout, stderr } = await outputOf(start("--runs=1", "--all-probes"));
  assertEquals(code, 1, stderr);
  assertMatch(stdout, / of \d+ probes reached/);
  assertMatch(stderr, /never reached: .*an object is tried again/);
});

Deno.test("slipway sim --strategy changes the schedules", async () => {
  const sums = new Set<string>();
  for (const name of ["random", "pct", "pos", "portfolio"]) {
    // Two sums, since one can be the same by chance.
    const { steps, executions } = await summary("--runs=30", `--strategy=${name}`);
    sums.add(`${steps} steps, ${executions} executions`);
  }
  assertEquals(sums.size, 4);
});

Deno.test("slipway sim --faults lets nothing else go wrong", async () => {
  const calm = await summary("--runs=60", "--faults=none");
  const killed = await summary("--runs=60", "--faults=daemon killed");
  const dark = await summary("--runs=60", "--faults=power lost, disk full");
  const probesOf = ({ probes }: Record<string, unknown>) => Object.keys(probes ?? {}).join();
  assertMatch(probesOf(killed), /killed while a sandbox is made/);
  assertMatch(probesOf(dark), /power lost while programs run/);
  assertNotMatch(probesOf(calm), /killed while a sandbox is made/);
  for (const other of [calm, killed]) assertNotMatch(probesOf(other), /power lost|hangs/);
});

Deno.test("slipway sim --scenario runs two things that happen to one container", async () => {
  const { executions, runs, probes } = await summary(
    "--runs=60",
    "--scenario=start+remove",
    "--faults=none",
  );
  assert(typeof executions === "number" && typeof runs === "number" && executions <= runs);
  assertMatch(Object.keys(probes ?? {}).join(), /a removal meets a start/);
});

Deno.test("slipway sim --for ends after that time", async () => {
  const { runs } = await summary("--for=1s");
  assert(typeof runs === "number" && runs > 0);
});

Deno.test("slipway sim refuses what makes no sense", async () => {
  const nonsense = ["--strategy=luck", "--for=10", "--jobs=0", "--runs=-1"];
  for (const wrong of [...nonsense, "--scenario=start", "--faults=bad luck"]) {
    const { code, stderr } = await outputOf(start(wrong));
    assertEquals(code, 2, stderr);
  }
});
