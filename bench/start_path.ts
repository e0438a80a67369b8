/**
 * Measures the start path of our daemon, and of other CRI servers beside it: a pod with one container,
 * one after another, the servers taking turns so that a noisy machine is as noisy for all.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "commander";

import { messageOf } from "../src/errors.ts";
import { connect, type CriClient } from "../test/system/client.ts";
import { startDaemonProcess } from "../test/system/daemon.ts";
import { makePlace } from "../test/system/place.ts";
import { archiveOfBusybox, IMAGE } from "../test/system/scene.ts";
import { measureCycle, type Target, type Timings } from "./cycle.ts";
import { summaryOf, tableOf } from "./report.ts";

interface Flags {
  readonly n: number;
  readonly warmup: number;
  readonly net: "host" | "cni";
  readonly endpoint?: string;
  readonly peer?: readonly string[];
  readonly image: string;
  readonly cniConfDir: string;
  readonly json?: boolean;
}

const PEER_IMAGE = "docker.io/library/busybox:latest";
const OURS = "slipway";

await new Command("bench")
  .description("measure RunPodSandbox, CreateContainer, StartContainer and a pod's whole cycle")
  .option("--n <n>", "pods on each server", count, 50)
  .option("--warmup <n>", "pods before those that count", count, 3)
  .addOption(
    new Option("--net <kind>", "the pods' network").choices(["host", "cni"]).default("host"),
  )
  .option("--endpoint <unix:///path>", "a daemon of ours that runs; otherwise one is started")
  .option(
    "--peer <unix:///path>",
    "another CRI server, as NAME=unix:///path for a name of its own; repeatable",
    (value: string, earlier: readonly string[] = []) => [...earlier, value],
  )
  .option("--image <name>", "with a shell's sleep; pulled where it is not there", PEER_IMAGE)
  .option("--cni-conf-dir <folder>", "for the daemon that is started", "/etc/cni/net.d")
  .option("--json", "every sample, for programs")
  .addHelpText("after", "\nExit codes: 0 measured, 1 a server failed or left something behind.")
  .action(async (flags: Flags) => {
    try {
      await run(flags);
    } catch (error) {
      console.error(`bench: ${messageOf(error)}`);
      Deno.exitCode = 1;
    }
  })
  .parseAsync(Deno.args, { from: "user" });

async function run(flags: Flags): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const logs = await Deno.makeTempDir({ prefix: "slipway-bench-" });
  undo.defer(() => Deno.remove(logs, { recursive: true }));
  const ours = flags.endpoint === undefined
    ? { client: await startOwn(flags, undo), image: IMAGE }
    : { client: connectTo(flags.endpoint, undo), image: flags.image };
  const peers = (flags.peer ?? []).map((text, index) => {
    const [, name = `peer${index + 1}`, endpoint = ""] = /^(?:([^=]+)=)?(unix:.+)$/.exec(text) ??
      [];
    return { name, client: connectTo(endpoint, undo), image: flags.image };
  });
  const targets: readonly Target[] = [{ name: OURS, ...ours }, ...peers].map((it) => ({
    ...it,
    logs,
    network: flags.net,
  }));
  for (const target of targets) await provideImage(target);
  const series = targets.map(({ name }) => ({ name, samples: [] as Timings[] }));
  for (let index = -flags.warmup; index < flags.n; index++) {
    for (const [at, target] of targets.entries()) {
      const timings = await measureCycle(target, index + flags.warmup);
      if (index >= 0) series[at]?.samples.push(timings);
    }
  }
  if (flags.json) {
    const summaries = series.map((it) => ({ ...it, summary: summaryOf(it) }));
    console.log(JSON.stringify({ net: flags.net, series: summaries }));
  } else {
    console.log(`${flags.n} pods on each, network ${flags.net}, at the client`);
    for (const line of tableOf(series)) console.log(line);
  }
}

async function startOwn(flags: Flags, undo: AsyncDisposableStack): Promise<CriClient> {
  const place = undo.use(await makePlace());
  const image = `${IMAGE}=docker-archive:${await archiveOfBusybox()}`;
  const more = ["--import", image, "--cni-conf-dir", flags.cniConfDir, "--log-level", "info"];
  return undo.use(await startDaemonProcess(place, { flags: more })).client;
}

function connectTo(endpoint: string, undo: AsyncDisposableStack): CriClient {
  if (!endpoint.startsWith("unix://")) throw new Error(`${endpoint} is not unix:///path`);
  return undo.use(connect(endpoint.slice("unix://".length)));
}

async function provideImage({ client, image }: Target): Promise<void> {
  const { image: found } = await client.imageStatus({ image: { image } });
  if (found === undefined) await client.pullImage({ image: { image } });
}

function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number.");
}
