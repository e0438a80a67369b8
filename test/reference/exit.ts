import { UNKNOWN_EXIT } from "../../src/container/state.ts";
import { taskIdentity } from "../../src/container/task.ts";
import type { Context } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import type { Container } from "./container.ts";
import { yieldPoint } from "./goroutine.ts";
import { isNotFound } from "./meta.ts";
import { EVENT_MS, type Service } from "./service.ts";
import type { Exit } from "./tasks.ts";

const SIGKILL_CODE = 137;

/** Waits for a container's end in the background (server/events.go:127-163). */
export function monitorContainer(
  service: Service,
  container: Container,
  exited: Promise<Exit>,
): void {
  service.go(`monitor ${container.id}`, async () => {
    const exit = await exited.catch(() => ({
      code: UNKNOWN_EXIT.exitCode,
      at: service.platform.kernel.clock.nowMicros(),
    }));
    await yieldPoint(service.platform.kernel);
    if (service.containers.get(container.id) === undefined) return;
    await handleExit(service, container, exit).catch((error) => {
      service.platform.reportIfBug(error);
      service.backOff.add(container.id, () => handleExit(service, container, exit));
    });
  });
}

/**
 * The end of a container (server/events.go:190-306): the task goes first, the
 * state follows. Between the two a look-up finds nothing and the container still says RUNNING (W7).
 */
export async function handleExit(
  service: Service,
  container: Container,
  exit: Exit,
): Promise<void> {
  const { platform } = service;
  using bounded = platform.life.within(platform.kernel.clock, EVENT_MS, "container exit");
  if (exit.code === SIGKILL_CODE) await noteOomKill(service, container);
  await deleteTask(service, container, bounded);
  await container.updateSync((status) => {
    if (status.finishedAt !== 0) return { ...status, isUnknown: false };
    const end = { pid: 0, finishedAt: exit.at, exitCode: exit.code, isUnknown: false };
    return { ...status, ...end };
  });
  container.stopped.close();
  await service.events.send("STOPPED", container.id, container.sandboxId);
}

async function deleteTask(
  service: Service,
  { record }: Container,
  context: Context,
): Promise<void> {
  const { platform, tasks } = service;
  try {
    await tasks.delete(await tasks.get(record.id, context), context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await tasks.deleteById(taskIdentity(platform, record), context);
  }
}

async function noteOomKill({ platform }: Service, container: Container): Promise<void> {
  try {
    if (await platform.kernel.cgroups.oomKills(container.record.cgroup) === 0) return;
    await container.updateSync((status) => ({ ...status, reason: "OOMKilled" }));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}
