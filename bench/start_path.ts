/**
 * Measures the start path of our daemon, and of other CRI servers beside it: pods with one container,
 * the servers taking turns so that a noisy machine is as noisy for all. Everything that was made is
 * removed at the end, whichever way it comes.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "commander";

import { collect, count } from "../src/program/options.ts";
import { measureAll } from "./bench.ts";
import { type BenchFlags, type Measurement, MEASUREMENTS } from "./flags.ts";
import { untilInterrupted } from "./interrupt.ts";
import { pageOf } from "./page/page.ts";
import { PROGRESS_STYLES } from "./progress.ts";
import { linesOf } from "./table.ts";

interface Flags extends BenchFlags {
  readonly json?: boolean;
  readonly html?: string;
}

/** Outside of the image's own name, since a peer pulls it. */
const PEER_IMAGE = "docker.io/library/busybox:latest";

const HELP = `
What can be measured (--measure, comma-separated, or "all"):
  cycle   every call of a pod's life on every server, and "runc run" of the same bundle, the floor
  trace   where the time goes: the spans of our own daemon, started once more for that
  burst   many pods at once: pods a second, and how much calls about another pod are delayed
  memory  what daemon and helpers take, at several numbers of pods
  reads   ContainerStatus and ListContainers beside a crowd
  growth  the calls of more pods beside a crowd, and at none

A burst is from the first RunPodSandbox to the last StartContainer's answer. "pods/s" of cycles, also with
--parallel, is of whole lives, in which stopping and removing weigh more than starting.

With --json one object is printed: bench/report.schema.json describes it. Later versions only have
more fields. What could not be measured is null or left out: CPU needs --parallel 1 and --workload
sleep, memory and CPU a daemon in this network namespace, a trace no --endpoint.

Exit codes: 0 measured, 1 a server failed, it was interrupted, or something was left behind.`;

await new Command("bench")
  .description("measure every call of a pod's life, what pods cost, and runc alone beside it")
  .option("--measure <what>", "see below", measurements, ["cycle", "trace"])
  .option("--n <n>", "pods on each server", positive, 50)
  .option("--warmup <n>", "pods before those that count", count, 3)
  .option("--parallel <n>", "pods at a time", positive, 1)
  .option("--pause <ms>", "between CreateContainer and StartContainer", count, 0)
  .addOption(
    new Option("--workload <kind>", "a container that sleeps, or ends at once")
      .choices(["sleep", "exit"]).default("sleep"),
  )
  .addOption(
    new Option("--net <kind>", "the pods' network").choices(["host", "cni"]).default("host"),
  )
  .option("--burst <n>", "pods in a burst", positive, 20)
  .option("--bursts <n>", "how many bursts", positive, 5)
  .option("--memory-at <n,…>", "numbers of pods", counts, [0, 20, 100])
  .option("--crowd <n>", "pods that run while reads and growth are measured", positive, 200)
  .option("--endpoint <unix:///path>", "a daemon of ours that runs; otherwise one is started")
  .option(
    "--peer <unix:///path>",
    "another CRI server, as NAME=unix:///path for a name of its own; repeatable",
    collect,
  )
  .option("--image <name>", "a busybox for them; pulled where it is not there", PEER_IMAGE)
  .option("--cni-conf-dir <folder>", "for the daemon that is started", "/etc/cni/net.d")
  .addOption(
    new Option("--progress <style>", "on standard error; auto is a bar in a terminal")
      .choices(PROGRESS_STYLES).default("auto"),
  )
  .option("--json", "for programs")
  .option("--html <file>", "write a page as well: one file, for any browser, without a network")
  .addHelpText("after", HELP)
  .action((flags: Flags) => untilInterrupted("bench", (signal) => run(flags, signal)))
  .parseAsync(Deno.args, { from: "user" });

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const report = await measureAll(flags, Deno.args, signal);
  if (flags.html !== undefined) await Deno.writeTextFile(flags.html, pageOf(report));
  const lines = flags.json ? [JSON.stringify(report)] : linesOf(report);
  for (const line of lines) console.log(line);
}

function positive(text: string): number {
  const number = count(text);
  if (number > 0) return number;
  throw new InvalidArgumentError("It must be at least 1.");
}

function measurements(text: string): readonly Measurement[] {
  if (text === "all") return MEASUREMENTS;
  return text.split(",").map((name) => {
    const found = MEASUREMENTS.find((it) => it === name);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be of ${MEASUREMENTS.join(", ")}.`);
  });
}

function counts(text: string): readonly number[] {
  return text.split(",").map(count);
}
