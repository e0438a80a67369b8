import type { WorkingCopy } from "./copy.ts";

/** What became of a scenario. */
export interface ScenarioResult {
  readonly hasFailed: boolean;
  /** Of wall time, for the scenario alone, without what it takes to load it. */
  readonly seconds: number;
  /** What `deno test` printed. */
  readonly output: string;
}

/** Runs the scenario of that name ("W4a") in a copy, as it is now. */
export async function runScenario(copy: WorkingCopy, name: string): Promise<ScenarioResult> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--no-lock", `--filter=/^${name}:/`, "test/scenario/"],
    cwd: copy.path,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout);
  const failed = new RegExp(`^${name}: .* FAILED \\((\\d+)(ms|s)\\)`, "m").exec(output);
  const [, amount = "0", unit] = failed ?? [];
  const seconds = Number(amount) / (unit === "ms" ? 1_000 : 1);
  return { hasFailed: code === 1 && failed !== null, seconds, output };
}
