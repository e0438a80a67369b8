/**
 * Compares the start path with what it cost when somebody last agreed (bench/baseline.json), and fails
 * when it got slower beyond noise.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { Command, Option } from "commander";

import { measureAll } from "./bench.ts";
import type { BenchFlags } from "./flags.ts";
import { PROGRESS_STYLES, type ProgressStyle } from "./progress.ts";
import { type Baseline, baselineOf, compare, conditionOf, type Verdict } from "./regression.ts";
import { untilInterrupted } from "./interrupt.ts";
import { aligned } from "./table.ts";

interface Flags {
  readonly short?: boolean;
  readonly update?: boolean;
  readonly baseline: string;
  readonly progress: ProgressStyle;
}

const BASELINE = fromFileUrl(new URL("baseline.json", import.meta.url));

const HELP = `
Our daemon, the same with a trace, and "runc run" take turns. Compared are ratios to the latter, CPU
and times, and how many programs, commits and mounts a pod takes. A ratio is worse when its 95 %
interval is above the upper end of the baseline's by more than the tolerance: CPU 20 %, times 50 %; on a
machine with other things to do 30 % and 200 %; on another machine 60 % and 200 %. A count is worse
when it is higher.

Exit codes: 0 nothing is worse, or the baseline was written; 1 something is worse, or it failed.`;

await new Command("bench:check")
  .description("fail when the start path got slower than bench/baseline.json says")
  .option("--short", "a few seconds, for tests: a fifth of the pods")
  .option("--update", "write the baseline anew instead")
  .option("--baseline <file>", "to compare with, or to write", BASELINE)
  .addOption(new Option("--progress <style>").choices(PROGRESS_STYLES).default("auto"))
  .addHelpText("after", HELP)
  .action((flags: Flags) => untilInterrupted("bench:check", (signal) => check(flags, signal)))
  .parseAsync(Deno.args, { from: "user" });

async function check(flags: Flags, signal: AbortSignal): Promise<void> {
  const report = await measureAll(benchFlagsOf(flags), ["bench:check", ...Deno.args], signal);
  const found = baselineOf(report);
  if (flags.update === true) {
    await Deno.writeTextFile(flags.baseline, `${JSON.stringify(found, undefined, 2)}\n`);
    console.log(`written to ${flags.baseline}`);
    const { load, cores } = found.machine;
    if (load > cores) {
      console.log(`the load was ${load.toFixed(1)}: a quiet machine gives a better one`);
    }
    return;
  }
  const baseline: Baseline = JSON.parse(await Deno.readTextFile(flags.baseline));
  const verdicts = compare(found, baseline);
  for (const line of linesOf(verdicts)) console.log(line);
  const { load, cores } = found.machine;
  const condition = conditionOf(found.machine, baseline);
  console.log(`\nmachine: ${condition} (load ${load.toFixed(1)} on ${cores} cores)`);
  const worse = verdicts.filter((it) => it.outcome === "worse");
  if (worse.length === 0) return;
  throw new Error(
    `the start path got slower: ${worse.map((it) => it.name).join(", ")}; ` +
      "if it has to be, --update writes the baseline anew",
  );
}

function benchFlagsOf({ short = false, progress }: Flags): BenchFlags {
  return {
    measure: ["cycle", "trace"],
    n: short ? 12 : 60,
    warmup: short ? 2 : 5,
    ...{ parallel: 1, pause: 0, workload: "sleep", net: "host" },
    ...{ burst: 0, bursts: 0, memoryAt: [], crowd: 0 },
    ...{ image: "", cniConfDir: "/etc/cni/net.d", progress },
  };
}

function linesOf(verdicts: readonly Verdict[]): readonly string[] {
  return aligned([
    ["", "now", "baseline", "at most", ""],
    ...verdicts.map(({ name, found, baseline, limit, outcome }) => [
      ...[name, found, baseline, limit],
      { same: "", better: "better", worse: "WORSE" }[outcome],
    ]),
  ]);
}
