import { type Context, waitFor } from "../../src/kernel/context.ts";
import { SIGKILL } from "../../src/kernel/processes.ts";
import { signalNumber } from "../../src/oci/signals.ts";
import { UNKNOWN_EXIT } from "../../src/container/state.ts";
import type { Container } from "./container.ts";
import { handleExit, monitorContainer } from "./exit.ts";
import { isNotFound } from "./meta.ts";
import type { Service } from "./service.ts";
import type { TaskEntry } from "./tasks.ts";

/** StopContainer (server/container_stop.go:72-106). */
export async function stopContainer(
  service: Service,
  id: string,
  gracePeriodMs: number,
  context: Context,
): Promise<void> {
  const container = service.containers.findIfPresent(id);
  if (container === undefined) return;
  await stopInternally(service, container, gracePeriodMs, context);
  await service.meta.get("container", container.id);
}

/**
 * Ends a container that runs (container_stop.go:119-215). One whose task is gone already counts as
 * stopped, although nobody has written its end down yet (W7; container_stop.go:127-136).
 */
export async function stopInternally(
  service: Service,
  container: Container,
  gracePeriodMs: number,
  context: Context,
): Promise<void> {
  const { state } = container.status;
  if (state !== "RUNNING" && state !== "UNKNOWN") return;
  let task: TaskEntry;
  try {
    task = await service.tasks.get(container.id, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (state === "UNKNOWN") await handleExit(service, container, unknownExit(service));
    return;
  }
  if (state === "UNKNOWN") monitorContainer(service, container, service.tasks.wait(task));
  if (gracePeriodMs > 0 && await endsGracefully(service, container, task, gracePeriodMs, context)) {
    return;
  }
  await service.tasks.kill(task, SIGKILL, context).catch(ignoreNotFound);
  await waitFor(container.stopped.closed, context);
}

/** The flag is set before the signal is sent: when that fails nobody sends it again (W6; :205-215). */
async function endsGracefully(
  { platform, tasks }: Service,
  container: Container,
  task: TaskEntry,
  gracePeriodMs: number,
  context: Context,
): Promise<boolean> {
  if (!container.isStopSignalled) {
    container.isStopSignalled = true;
    const signal = signalNumber(container.record.stopSignal);
    await tasks.kill(task, signal, context).catch(ignoreNotFound);
  }
  using grace = context.within(platform.kernel.clock, gracePeriodMs, "grace period");
  try {
    await waitFor(container.stopped.closed, grace);
    return true;
  } catch (error) {
    if (context.cause !== undefined) throw context.cause;
    if (grace.cause !== undefined) return false;
    throw error;
  }
}

function unknownExit({ platform }: Service) {
  return { code: UNKNOWN_EXIT.exitCode, at: platform.kernel.clock.nowMicros() };
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
