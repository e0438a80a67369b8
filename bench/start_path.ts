/**
 * Measures the start path of our daemon, and of other CRI servers beside it: pods with one container,
 * the servers taking turns so that a noisy machine is as noisy for all. Everything that was made is
 * removed at the end, whichever way it comes.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "commander";

import { messageOf } from "../src/errors.ts";
import { collect, count } from "../src/program/options.ts";
import { type BenchFlags, measureAll } from "./bench.ts";
import { linesOf } from "./report.ts";

interface Flags extends BenchFlags {
  readonly json?: boolean;
}

/** Outside of the image's own name, since a peer pulls it. */
const PEER_IMAGE = "docker.io/library/busybox:latest";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const HELP = `
With --json one object is printed. Its fields, of which later versions only have more:
  version     1
  settings    pods, warmup, parallel, pauseMs, network, workload
  endpoints[] name, network; calls: by call {p50, p90, p99, p50Low, p50High} in ms, the last two the
              95 % interval of p50; podsPerSecond; cpuSecondsPerPod; memory[]: {pods, pss, daemonPss,
              helpersPss, daemonRss} in MB. The last endpoint, "runc run", is the floor.
  simulated   calls: StartContainer on the simulated kernel, in real time
  ratios[]    ours to each other endpoint: name, peer, network, calls (of p50), podsPerSecond,
              cpuSecondsPerPod, memory (of pss)
What could not be measured is null or left out: CPU needs --parallel 1 and --workload sleep, memory
and CPU a daemon in this network namespace.

Exit codes: 0 measured, 1 a server failed, it was interrupted, or something was left behind.`;

await new Command("bench")
  .description("measure every call of a pod's life, what pods cost, and runc alone beside it")
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
  .option("--memory <n>", "measure memory as well, at no pod and at so many", count, 0)
  .option("--endpoint <unix:///path>", "a daemon of ours that runs; otherwise one is started")
  .option(
    "--peer <unix:///path>",
    "another CRI server, as NAME=unix:///path for a name of its own; repeatable",
    collect,
  )
  .option("--image <name>", "a busybox for them; pulled where it is not there", PEER_IMAGE)
  .option("--cni-conf-dir <folder>", "for the daemon that is started", "/etc/cni/net.d")
  .option("--json", "for programs")
  .addHelpText("after", HELP)
  .action(async (flags: Flags) => {
    const interrupted = new AbortController();
    const interrupt = () => interrupted.abort(new Error("interrupted"));
    for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
    try {
      const report = await measureAll(flags, interrupted.signal);
      const lines = flags.json ? [JSON.stringify(report)] : linesOf(report);
      for (const line of lines) console.log(line);
    } catch (error) {
      for (const message of messagesOf(error)) console.error(`bench: ${message}`);
      Deno.exitCode = 1;
    } finally {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
    }
  })
  .parseAsync(Deno.args, { from: "user" });

function positive(text: string): number {
  const number = count(text);
  if (number > 0) return number;
  throw new InvalidArgumentError("It must be at least 1.");
}

/** What went wrong first, then what went wrong while that was cleaned up. */
function messagesOf(error: unknown): readonly string[] {
  if (!(error instanceof SuppressedError)) return [messageOf(error)];
  return [...messagesOf(error.suppressed), ...messagesOf(error.error)];
}
