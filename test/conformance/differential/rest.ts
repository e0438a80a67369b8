import type { Container } from "../../../src/container/container.ts";
import { taskIdentity } from "../../../src/container/task.ts";
import { followLog, parseLogLine } from "../../../src/program/follow_log.ts";
import { Context } from "../../../src/kernel/context.ts";
import { type ProcessIdentity, SIGKILL } from "../../../src/kernel/processes.ts";
import { deleteContainer } from "../../../src/oci/runc.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { openIfPresent } from "../../../src/task/task.ts";
import { textOf } from "../../../src/utf8.ts";
import type { Bench } from "./bench.ts";
import type { Victim } from "./program.ts";
import type { Workload } from "./workloads.ts";

/** Longer than anything of these programs takes on a slow machine. */
const PATIENCE_MS = 120_000;
const LOG_BYTES_MAX = 1 << 20;

/** Where a program is run, and the present life of the daemon there. */
interface Scene {
  readonly runtime: Runtime;
  readonly bench: Bench;
}

/** Waits until every task that is prepared ahead is there, or could not be made and its conmon has ended. */
export async function prepared({ runtime, bench: { kernel } }: Scene): Promise<void> {
  const containers = [...runtime.containers.values()];
  const tasks = await Promise.allSettled(containers.map((it) => it.preparation?.task));
  const failed = containers.filter((_, index) => tasks[index]?.status === "rejected");
  if (failed.length === 0) return;
  using bounded = Context.background().within(runtime.kernel.clock, PATIENCE_MS, "rest");
  for (const process of await kernel.processes.list()) {
    if (!failed.some(({ id }) => process.args.includes(id))) continue;
    using handle = await openIfPresent(kernel, process);
    await handle?.exited(bounded);
  }
}

/** How often the line at which a container comes to rest is in its log: one before it may have had the same log. */
export async function timesSaid(
  { runtime, bench: { kernel } }: Scene,
  id: string,
  rest: Workload["rest"],
): Promise<number> {
  const path = runtime.containers.get(id)?.record.logPath;
  if (path === undefined || typeof rest !== "object") return 0;
  if (await kernel.files.stat(path) === undefined) return 0;
  const lines = textOf(await kernel.files.readFile(path, LOG_BYTES_MAX)).split("\n");
  return lines.filter((it) => parseLogLine(it).text === rest.line).length;
}

/**
 * Waits until a container that was started has done what it does without being asked.
 *
 * @param timesBefore what {@linkcode timesSaid} was before the start
 */
export async function comesToRest(
  { runtime, bench }: Scene,
  id: string,
  rest: Workload["rest"],
  timesBefore: number,
): Promise<void> {
  const container = runtime.containers.find(id);
  await container.rootfsLeaving;
  if (rest === undefined) return;
  using bounded = Context.background().within(runtime.kernel.clock, PATIENCE_MS, "rest");
  if (rest === "ended") return await container.ended(bounded);
  let times = 0;
  for await (const { text } of followLog(bench.kernel, container, bounded)) {
    if (text === rest.line && ++times > timesBefore) return;
  }
}

/**
 * Kills a process of a container, or its task, from outside and waits for what comes of it. conmon is
 * killed only while its container waits for a signal: what a program does with a broken pipe is a race
 * otherwise. And a task only before it is started: at its end the daemon deletes it as well.
 *
 * @returns what was killed
 */
export async function killed(
  { runtime, bench }: Scene,
  id: string,
  victim: Victim,
): Promise<string> {
  const container = runtime.containers.get(id);
  if (container === undefined) return "nothing";
  const task = container.task ?? await container.preparation?.task.catch(() => undefined);
  const isRunning = container.status.state === "RUNNING";
  if (victim === "conmon" && !isRunning) return "nothing";
  if (victim === "task") {
    if (task === undefined || isRunning || !await isDeleted(runtime, container)) return "nothing";
  } else {
    const handle = victim === "init" ? task?.init : task?.supervisor;
    if (handle === undefined || !await isKilled(runtime, handle.identity)) return "nothing";
    if (victim === "conmon") return victim;
  }
  using bounded = Context.background().within(runtime.kernel.clock, PATIENCE_MS, "end");
  if (isRunning) await container.ended(bounded);
  // Nobody else waits for what conmon writes of a task that was not started.
  using supervisor = await openIfPresent(bench.kernel, task?.supervisor?.identity);
  await supervisor?.exited(bounded);
  return victim;
}

/** As an operator does it who takes the container for his own (man 8 runc-delete). */
function isDeleted(runtime: Runtime, { record }: Container): Promise<boolean> {
  const { kernel, config } = runtime;
  const { id, runtime: ociRuntime } = taskIdentity(runtime, record);
  const { programMs } = config.bounds;
  return deleteContainer(kernel, ociRuntime, id, programMs, Context.background());
}

async function isKilled({ kernel }: Runtime, identity: ProcessIdentity): Promise<boolean> {
  using process = await openIfPresent(kernel, identity);
  if (process === undefined) return false;
  await process.signal(SIGKILL);
  await process.exited(Context.background());
  return true;
}
