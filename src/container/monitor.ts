import { messageOf } from "../errors.ts";
import { KernelError } from "../kernel/errno.ts";
import type { ProcessHandle } from "../kernel/processes.ts";
import type { Runtime } from "../runtime.ts";
import { processEnded } from "../task/ended.ts";
import { taskPaths } from "../task/paths.ts";
import type { Task } from "../task/task.ts";
import type { Container } from "./container.ts";
import { type Ending, UNKNOWN_EXIT } from "./state.ts";

const SIGKILL_EXIT_CODE = 137;

/**
 * Watches for the end of a running container and brings it to EXITED. One a running container, in the
 * background, for as long as the daemon lives; start it when the container can be found (RACES.md C5).
 */
export function monitorContainer(
  runtime: Runtime,
  container: Container,
  task: Task,
): Promise<void> {
  return runtime.life.own(monitor(runtime, container, task));
}

async function monitor(runtime: Runtime, container: Container, task: Task): Promise<void> {
  try {
    await processEnded(runtime, task.init, runtime.life);
    const at = runtime.kernel.clock.nowMicros();
    const ending = await endingOf(runtime, container, task.supervisor, at);
    await runtime.settler.settle(container, ending, false);
  } catch (error) {
    if (runtime.life.cause !== undefined) return;
    runtime.reportIfBug(error);
    runtime.telemetry.log("warn", "container has ended, and cannot be settled yet", {
      id: container.id,
      error: messageOf(error),
    });
  }
}

/** How a container whose init is dead has ended: what conmon recorded, or nobody knows. */
export async function endingOf(
  runtime: Runtime,
  container: Container,
  supervisor: ProcessHandle | undefined,
  at: number,
): Promise<Ending> {
  const code = await runtime.exitFiles.codeOf(container.id, supervisor, runtime.life);
  if (code === undefined) return { ...UNKNOWN_EXIT, message: "", at };
  const wasOomKilled = code === SIGKILL_EXIT_CODE && await hasOomKills(runtime, container);
  return { exitCode: code, reason: wasOomKilled ? "OOMKilled" : "", message: "", at };
}

/**
 * Whether the kernel killed a process of the container for want of memory. The cgroup that counts it is
 * gone before the end is written down, so a file in the bundle, as conmon leaves one, tells it to the
 * next life of the daemon (RACES.md W21). The reason is a courtesy: when it cannot be read the exit is
 * reported without it.
 */
async function hasOomKills(runtime: Runtime, { id, record }: Container): Promise<boolean> {
  const { cgroups, files } = runtime.kernel;
  const { oomFile } = taskPaths(runtime.config, id);
  try {
    if (await cgroups.oomKills(record.cgroup) === 0) return await files.stat(oomFile) !== undefined;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
  await files.writeFile(oomFile, "").catch((error) => runtime.reportIfBug(error));
  return true;
}
