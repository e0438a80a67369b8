import { messageOf } from "../errors.ts";
import { KernelError } from "../kernel/errno.ts";
import type { ProcessHandle } from "../kernel/processes.ts";
import type { Runtime } from "../runtime.ts";
import type { Task } from "../task/task.ts";
import type { Container } from "./container.ts";
import { type Ending, UNKNOWN_EXIT } from "./state.ts";

const SIGKILL_EXIT_CODE = 137;

/**
 * Watches for the end of a running container and brings it to EXITED. One a running container, in the
 * background, for as long as the daemon lives; start it when the container can be found (RACES.md C5).
 */
export async function monitorContainer(
  runtime: Runtime,
  container: Container,
  task: Task,
): Promise<void> {
  try {
    await task.init.exited(runtime.life);
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

/** The reason is a courtesy: when the cgroup cannot be read the exit is reported without it. */
async function hasOomKills(runtime: Runtime, container: Container): Promise<boolean> {
  try {
    return await runtime.kernel.cgroups.oomKills(container.record.cgroup) > 0;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}
