import { assertEquals } from "@std/assert";
import { Context } from "../../../src/kernel/context.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { ChildProcess, ProcessHandle } from "../../../src/kernel/processes.ts";
import { run, type RunResult } from "../../../src/kernel/run.ts";
import { Simulation, type SimulationOptions } from "../../../sim/mod.ts";
import type { Limits } from "../../../sim/programs/runc/limits.ts";

/** Waits that nobody cancels. */
export const background: Context = Context.background();

export const RUNC_ROOT = "/run/test/runc";
export const EXITS = "/run/test/exits";

/** The text of some bytes. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Runs `body` as a daemon on a new machine, to its end. */
export function onMachine<T>(
  body: (kernel: Kernel, simulation: Simulation) => Promise<T>,
  options: Partial<SimulationOptions> = {},
): { readonly value: T; readonly simulation: Simulation } {
  const simulation = new Simulation({ seed: 1, history: true, ...options });
  const daemon = simulation.bootDaemon((kernel) => body(kernel, simulation));
  const outcome = simulation.run();
  assertEquals(outcome.kind, "done", outcome.text);
  return { value: daemon.boot.value, simulation };
}

/** Runs `body` for many seeds. */
export function forSeeds(count: number, body: (seed: number) => void): void {
  for (let seed = 1; seed <= count; seed++) {
    try {
      body(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
}

/** Runs a helper program. */
export function runProgram(
  kernel: Kernel,
  program: string,
  ...args: readonly string[]
): Promise<RunResult> {
  return run(kernel, { program, args }, { context: background, timeoutMs: 3_600_000 });
}

/** Runs `runc update` with limits on standard input. */
export function update(kernel: Kernel, id: string, limits: Limits): Promise<RunResult> {
  const args = ["--root", RUNC_ROOT, "update", "--resources", "-", id];
  const options = { context: background, timeoutMs: 3_600_000, stdin: JSON.stringify(limits) };
  return run(kernel, { program: "runc", args }, options);
}

export function runc(kernel: Kernel, ...args: readonly string[]): Promise<RunResult> {
  return runProgram(kernel, "runc", "--root", RUNC_ROOT, ...args);
}

export interface BundleOptions {
  readonly args: readonly string[];
  /** Where the program starts; `/` unless given. */
  readonly cwd?: string;
  /** Pins for namespaces to join, by the name that the specification has for the kind. */
  readonly join?: Readonly<Record<string, string>>;
  /** No PID namespace of its own: the machine's. */
  readonly hasHostPid?: boolean;
  /** Its `linux.resources`; none unless given. */
  readonly limits?: Limits;
}

/** A bundle for `id`: a folder with config.json and an empty root. Returns its path. */
export async function makeBundle(
  kernel: Kernel,
  id: string,
  options: BundleOptions,
): Promise<string> {
  const bundle = `/run/test/${id}`;
  for (const folder of [`${bundle}/rootfs`, EXITS, "/var/log/pods"]) {
    await kernel.files.mkdir(folder);
  }
  const joined = Object.entries(options.join ?? {}).map(([type, path]) => ({ type, path }));
  const namespaces = [
    ...(options.hasHostPid || options.join?.["pid"] !== undefined ? [] : [{ type: "pid" }]),
    { type: "mount" },
    ...joined,
  ];
  const config = {
    root: { path: "rootfs" },
    process: { args: options.args, env: ["PATH=/bin"], cwd: options.cwd ?? "/" },
    linux: { cgroupsPath: `/test/${id}`, namespaces, resources: options.limits ?? {} },
  };
  await kernel.files.writeFile(`${bundle}/config.json`, JSON.stringify(config));
  return bundle;
}

/** Starts conmon as the daemon does; it waits for its start pipe. */
export function spawnConmon(kernel: Kernel, id: string, bundle: string): Promise<ChildProcess> {
  const args = ["--sync", "--api-version", "1", "-c", id, "-u", id, "-n", id];
  args.push("-r", "/usr/sbin/runc", "--runtime-arg", `--root=${RUNC_ROOT}`, "-b", bundle);
  args.push("-p", `${bundle}/pid`, "--exit-dir", EXITS, "-l", `k8s-file:/var/log/pods/${id}`);
  return kernel.processes.spawn({
    program: "conmon",
    args: [...args, "--full-attach"],
    env: { _OCI_SYNCPIPE: "3", _OCI_STARTPIPE: "4" },
  }, { outputBytesMax: 1_000, childReads: [4], childWrites: [3], detached: true });
}

/** Executes a command in a container as the daemon does. */
export async function conmonExec(
  kernel: Kernel,
  id: string,
  ...command: readonly string[]
): Promise<ChildProcess> {
  const file = `/run/test/${id}/exec`;
  await kernel.files.writeFile(`${file}.json`, JSON.stringify({ args: command, cwd: "/" }));
  const args = ["--sync", "--api-version", "1", "-c", id, "-u", id, "--exec"];
  args.push("-r", "/usr/sbin/runc", "--runtime-arg", `--root=${RUNC_ROOT}`);
  args.push("--exec-process-spec", `${file}.json`, "-p", `${file}.pid`, "-l", "passthrough");
  return await kernel.processes.spawn({
    program: "conmon",
    args,
    env: { _OCI_SYNCPIPE: "3" },
  }, { outputBytesMax: 1_000, childWrites: [3] });
}

/** What conmon answers on its sync pipe. */
export interface ConmonReply {
  readonly data: number;
  readonly message?: string;
}

/** A container up to where its init waits. */
export async function createTask(
  kernel: Kernel,
  id: string,
  options: BundleOptions,
): Promise<
  { readonly conmon: ChildProcess; readonly reply: ConmonReply; readonly bundle: string }
> {
  const bundle = await makeBundle(kernel, id, options);
  const conmon = await spawnConmon(kernel, id, bundle);
  await conmon.writePipe(4, "x");
  const reply = JSON.parse(await conmon.readPipeLine(3, background)) as ConmonReply;
  return { conmon, reply, bundle };
}

/** Lets the init of a created container go on. */
export async function releaseTask(kernel: Kernel, id: string): Promise<void> {
  const path = `${RUNC_ROOT}/${id}/exec.fifo`;
  using fifo = await kernel.files.openFifo(path);
  await fifo.read(background);
  await kernel.files.remove(path);
}

/** Creates and starts a container, and takes hold of its init. */
export async function startTask(
  kernel: Kernel,
  id: string,
  options: BundleOptions,
): Promise<{ readonly conmon: ChildProcess; readonly init: ProcessHandle }> {
  const { conmon, reply } = await createTask(kernel, id, options);
  const init = await kernel.processes.open(reply.data);
  await releaseTask(kernel, id);
  return { conmon, init };
}

/** Waits for conmon's end, and reads the exit file and the log without its times. */
export async function finishTask(
  kernel: Kernel,
  id: string,
  conmon: ChildProcess,
): Promise<{ readonly code: string; readonly log: readonly string[] }> {
  await conmon.exited(background);
  const code = text(await kernel.files.readFile(`${EXITS}/${id}`, 100));
  const log = text(await kernel.files.readFile(`/var/log/pods/${id}`, 1_000_000));
  return { code, log: log.split("\n").filter(Boolean).map((line) => line.replace(/^\S+ /, "")) };
}
