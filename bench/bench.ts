import { basename } from "@std/path";
import { measureBursts, podsOfBursts } from "./burst.ts";
import type { Target } from "./cycle.ts";
import { type BenchFlags, isTraced } from "./flags.ts";
import { FLOOR } from "./floor.ts";
import { measureLevels, podsOfLevels } from "./levels.ts";
import { machineFacts, versions } from "./machine.ts";
import type { Means } from "./means.ts";
import { isMetered, measurePods, podsOfRounds } from "./pods.ts";
import { Progress } from "./progress.ts";
import type { Report } from "./report.ts";
import { makeScratch } from "./scratch.ts";
import { measureSimulated } from "./simulated.ts";
import { type Findings, reportOf, type Series } from "./summary.ts";
import { openTargets, openTraced } from "./targets.ts";
import { traceOf } from "./trace.ts";

const SIMULATED_STARTS = 200;
/** The last that is told. */
const REMOVING = "removing what there is";
const MS_PER_SECOND = 1_000;

/** Measures what was asked for, and removes it again, when `signal` is aborted as well. */
export async function measureAll(
  flags: BenchFlags,
  commandLine: readonly string[],
  signal: AbortSignal,
): Promise<Report> {
  const beganAt = new Date().toISOString();
  using progress = new Progress(flags.progress, podsOf(flags));
  await using undo = new AsyncDisposableStack();
  signal.addEventListener("abort", () => progress.end(REMOVING), { once: true });
  progress.show("simulated kernel");
  const simulated = await measureSimulated(SIMULATED_STARTS);
  signal.throwIfAborted();
  progress.show("starting");
  const scratch = await makeScratch(undo);
  const { n: pods, warmup, parallel, pause: pauseMs, net: network, workload } = flags;
  const shared = { network, workload, pauseMs };
  // Named like its folder: another one in another PID namespace may have the same pid, and shares cgroups.
  const run = basename(scratch.folder);
  const options = { run, ...shared, logs: scratch.logs, signal };
  const targets = await openTargets(flags, options, scratch, undo);
  const facts = { machine: await machineFacts(scratch.folder), versions: await versions() };
  const found = await measureEach({ flags, options, scratch, progress, targets });
  progress.end(REMOVING);
  const settings = { pods, warmup, parallel, ...shared, measurements: flags.measure };
  return reportOf({ beganAt, commandLine, ...facts, settings, simulated, ...found });
}

/** The phases in turn: first what wants the servers empty, last what fills them. */
async function measureEach(means: Means): Promise<Pick<Findings, "series" | "trace">> {
  const { flags, options, scratch, targets } = means;
  await using traced = isTraced(flags) ? await openTraced(flags, options, scratch) : undefined;
  const found = await measurePods(means, traced?.target);
  await traced?.[Symbol.asyncDispose]();
  const trace = traced === undefined ? null : traceOf(
    (await Deno.readTextFile(traced.file)).trimEnd().split("\n"),
    found.cycles,
    found.outcomes.get(targets[0]?.name ?? "")?.timings ?? [],
  );
  const bursts = await measureBursts(means);
  const levels = await measureLevels(means);
  const seriesOf = (name: string, runtime: string | null): Series => {
    const outcome = found.outcomes.get(name);
    return {
      ...{ name, runtime },
      timings: outcome?.timings ?? [],
      cpuSeconds: isMetered(flags) ? outcome?.cpuSeconds ?? [] : [],
      podsPerSecond: outcome === undefined || runtime === null
        ? null
        : outcome.timings.length * MS_PER_SECOND / outcome.busyMs,
      levels: levels.get(name),
      burst: bursts.get(name),
    };
  };
  const series = await Promise.all(
    targets.map(async (it) => seriesOf(it.name, await runtimeOf(it))),
  );
  const hasFloor = found.outcomes.has(FLOOR) || levels.has(FLOOR);
  return { series: hasFloor ? [...series, seriesOf(FLOOR, null)] : series, trace };
}

/** How a server calls itself. */
async function runtimeOf({ client }: Target): Promise<string> {
  const { runtimeName, runtimeVersion } = await client.version();
  return `${runtimeName} ${runtimeVersion}`;
}

function podsOf(flags: BenchFlags): number {
  const servers = 1 + (flags.peer?.length ?? 0);
  return podsOfRounds({ flags, servers, isTraced: isTraced(flags) }) +
    podsOfBursts(flags) * servers + podsOfLevels(flags, servers);
}
