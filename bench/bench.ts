import { join } from "@std/path";

import { packBusybox } from "../src/program/busybox_image.ts";
import { makeTempFolder } from "../src/program/temp_folder.ts";
import { connect } from "../test/system/client.ts";
import { startDaemonProcess } from "../test/system/daemon.ts";
import { makePlace } from "../test/system/place.ts";
import { measureCycle, type PodOptions, removePods, type Target } from "./cycle.ts";
import { prepareFloor } from "./floor.ts";
import { Progress } from "./progress.ts";
import { type Report, reportOf, type Series } from "./report.ts";
import { type Runner, runRounds } from "./rounds.ts";
import { measureSimulated } from "./simulated.ts";
import { CpuMeter, measureMemory, type Memory } from "./usage.ts";

/** What is to be measured. */
export interface BenchFlags {
  readonly n: number;
  readonly warmup: number;
  readonly parallel: number;
  readonly pause: number;
  readonly workload: "sleep" | "exit";
  readonly net: "host" | "cni";
  readonly memory: number;
  readonly endpoint?: string;
  readonly peer?: readonly string[];
  readonly image: string;
  readonly cniConfDir: string;
}

/** Folders with the image, as an archive and as what is in it. */
interface Scratch {
  readonly folder: string;
  readonly archive: string;
  readonly rootfs: string;
  readonly logs: string;
}

const OURS = "slipway";
const OWN_IMAGE = "localhost/busybox:bench";
const FLOOR = "runc run";
const SIMULATED_STARTS = 200;

/** Measures everything, and removes it again when `signal` is aborted as well. */
export async function measureAll(flags: BenchFlags, signal: AbortSignal): Promise<Report> {
  const simulated = await measureSimulated(SIMULATED_STARTS);
  await using undo = new AsyncDisposableStack();
  const scratch = await makeScratch(undo);
  const run = `bench-${Deno.pid}`;
  const options: PodOptions = {
    run,
    network: flags.net,
    workload: flags.workload,
    pauseMs: flags.pause,
    logs: scratch.logs,
    signal,
  };
  const targets = await openTargets(flags, scratch, undo);
  for (const { client, image } of targets) {
    // After the client, so before it is closed: whatever is left of an end in the middle.
    undo.defer(() => removePods(client, run));
    const { image: found } = await client.imageStatus({ image: { image } });
    if (found === undefined) await client.pullImage({ image: { image } });
  }
  using progress = undo.use(new Progress((flags.n + flags.warmup) * (targets.length + 1)));
  const series = await measureSeries(targets, flags, { options, scratch, progress });
  const { n: pods, warmup, parallel, pause: pauseMs, net: network, workload } = flags;
  const settings = { pods, warmup, parallel, pauseMs, network, workload };
  return reportOf(settings, series, simulated);
}

async function makeScratch(undo: AsyncDisposableStack): Promise<Scratch> {
  const folder = await makeTempFolder("slipway-bench-");
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const image = join(folder, "image");
  await Deno.mkdir(image);
  const archive = await packBusybox(image, OWN_IMAGE);
  const logs = join(folder, "logs");
  return { folder, archive, rootfs: join(image, "rootfs"), logs };
}

async function openTargets(
  flags: BenchFlags,
  scratch: Scratch,
  undo: AsyncDisposableStack,
): Promise<readonly Target[]> {
  const ours = flags.endpoint === undefined
    ? await startOwn(flags, scratch, undo)
    : connectTo(OURS, flags.endpoint, flags.image, undo);
  const peers = (flags.peer ?? []).map((text, index) => {
    const [, name, endpoint] = /^(?:([^=]+)=)?(.*)$/.exec(text) ?? [];
    return connectTo(name ?? `peer${index + 1}`, endpoint ?? "", flags.image, undo);
  });
  return [ours, ...peers];
}

async function startOwn(
  { cniConfDir }: BenchFlags,
  { archive }: Scratch,
  undo: AsyncDisposableStack,
): Promise<Target> {
  const place = undo.use(await makePlace());
  const image = `${OWN_IMAGE}=docker-archive:${archive}`;
  const flags = ["--import", image, "--cni-conf-dir", cniConfDir, "--log-level", "info"];
  const { client } = undo.use(await startDaemonProcess(place, { flags }));
  return { name: OURS, client, socketPath: place.socket, image: OWN_IMAGE };
}

function connectTo(
  name: string,
  endpoint: string,
  image: string,
  undo: AsyncDisposableStack,
): Target {
  const [, socketPath] = /^unix:\/\/(\/.+)$/.exec(endpoint) ?? [];
  if (socketPath === undefined) throw new Error(`"${endpoint}" is not unix:///path`);
  return { name, client: undo.use(connect(socketPath)), socketPath, image };
}

/** What every phase needs. */
interface Means {
  readonly options: PodOptions;
  readonly scratch: Scratch;
  readonly progress: Progress;
}

/** The rounds first, memory last: it begins with removing what else there is of this run. */
async function measureSeries(
  targets: readonly Target[],
  flags: BenchFlags,
  { options, scratch, progress }: Means,
): Promise<readonly Series[]> {
  const [ours] = targets;
  const floor = ours && await prepareFloor(ours, options, scratch);
  const { n, warmup, parallel, memory } = flags;
  const { signal } = options;
  const rounds = (runners: readonly Runner[], prefix: string, count: number) => {
    progress.show(prefix);
    const onPods = (count: number) => {
      progress.add(count);
      progress.show(prefix);
    };
    return runRounds(runners, { count, parallel, prefix, signal, onPods });
  };
  const floors = floor === undefined ? [] : [floor];
  const unmetered = targets.map((it) => runnerOf(it, options));
  await rounds([...unmetered, ...floors], "warm-up", warmup);
  // A look at every process takes milliseconds, which pods beside it would feel.
  const isMetered = parallel === 1 && options.workload === "sleep";
  const meters = targets.map((it) => isMetered ? CpuMeter.of(it) : undefined);
  const metered = targets.map((it, at) => runnerOf(it, options, meters[at]));
  const outcomes = await rounds([...metered, ...floors], "pod", n);
  const cpu = meters.map((it) => it === undefined ? null : it.seconds / n);
  const memories: (readonly Memory[])[] = [];
  for (const target of memory > 0 ? targets : []) {
    progress.show(`memory of ${target.name}`);
    memories.push(await measureMemory(target, memory, options));
  }
  return outcomes.map(({ samples, busyMs }, at) => ({
    name: targets[at]?.name ?? FLOOR,
    samples,
    podsPerSecond: at < targets.length ? samples.length * 1_000 / busyMs : null,
    cpuSecondsPerPod: cpu[at] ?? null,
    memory: memories[at] ?? [],
  }));
}

function runnerOf(target: Target, options: PodOptions, meter?: CpuMeter): Runner {
  return { measure: (name) => measureCycle(target, name, options, (pod) => meter?.look(pod)) };
}
