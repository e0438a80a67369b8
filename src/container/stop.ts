import type { Context } from "../kernel/context.ts";
import { tolerate } from "../kernel/errno.ts";
import { SIGKILL } from "../kernel/processes.ts";
import { observed } from "../operation.ts";
import type { Runtime } from "../runtime.ts";
import { signalNumber } from "../oci/signals.ts";
import type { Container } from "./container.ts";
import { stopRequested } from "./state.ts";

/**
 * CRI StopContainer: the stop signal, up to `gracePeriodMs` of patience, then SIGKILL; with no grace
 * period SIGKILL at once. When it returns the container is EXITED, or was never started, and stays so:
 * a start that is under way is awaited first. An unknown id is fine, and so is any number of callers.
 *
 * @throws {RuntimeError} CANCELLED or DEADLINE_EXCEEDED when the client gives up during the grace
 * period: no SIGKILL then; INVALID_ARGUMENT for an ambiguous id.
 */
export async function stopContainer(
  runtime: Runtime,
  id: string,
  gracePeriodMs: number,
  context: Context,
): Promise<void> {
  const container = runtime.containers.findIfPresent(id);
  if (container === undefined) return;
  await observed(runtime, {
    name: "StopContainer",
    attributes: { "container.id": container.id },
    timer: "container_stop",
    handler: container.record.handler,
  }, async () => {
    await container.claim.released(context);
    await endContainer(runtime, container, gracePeriodMs, context);
  });
}

/**
 * Ends a container that runs or of which nobody knows, and has plugins hear of it; one that is CREATED or
 * EXITED is left alone. The exit monitor, not this function, writes the end down: here is only waited for
 * it. What a restart could not find out yet comes first: until then a container that is called CREATED may
 * run.
 *
 * @throws {RuntimeError} UNAVAILABLE when it cannot be found out now; the context's cause.
 */
export async function endContainer(
  runtime: Runtime,
  container: Container,
  gracePeriodMs: number,
  context: Context,
): Promise<void> {
  await end(runtime, container, gracePeriodMs, context);
  if (container.status.state === "EXITED") {
    await runtime.hooks.container("stopContainer", container, context);
  }
}

async function end(
  runtime: Runtime,
  container: Container,
  gracePeriodMs: number,
  context: Context,
): Promise<void> {
  await runtime.janitor.hurry(container.id, context);
  runtime.settler.hurry(container.id);
  const { state } = container.status;
  if (state === "EXITED") return;
  if (state === "CREATED" && !runtime.settler.isSettling(container.id)) return;
  if (state === "RUNNING" && container.task !== undefined) {
    if (gracePeriodMs > 0 && await endsGracefully(runtime, container, gracePeriodMs, context)) {
      return;
    }
    await kill(container);
  }
  const { kernel, config } = runtime;
  const { killMs, exitFileMs, rollbackMs } = config.bounds;
  using bounded = context.within(
    kernel.clock,
    killMs + exitFileMs + rollbackMs,
    `waiting for container "${container.id}" to be killed`,
  );
  await container.ended(bounded);
}

/** Delivers the stop signal, unless somebody did, and waits; true when the container ended in time. */
async function endsGracefully(
  runtime: Runtime,
  container: Container,
  gracePeriodMs: number,
  context: Context,
): Promise<boolean> {
  const { kernel } = runtime;
  await deliverStopSignal(runtime, container);
  using grace = context.within(kernel.clock, gracePeriodMs, "grace period");
  try {
    await container.ended(grace);
    return true;
  } catch (error) {
    if (context.cause !== undefined) throw context.cause;
    if (grace.cause !== undefined) return false;
    throw error;
  }
}

/**
 * Sends the stop signal once in the container's life: many programs take a second one for "now"
 * (RACES.md B4). That it was sent is written down after it was, so that one that failed is sent again
 * (W6).
 */
function deliverStopSignal(runtime: Runtime, container: Container): Promise<void> {
  if (container.isSignalled || container.status.stopRequest !== undefined) return Promise.resolve();
  container.stopSignal ??= deliver().finally(() => container.stopSignal = undefined);
  return container.stopSignal;

  async function deliver(): Promise<void> {
    const signal = signalNumber(container.record.stopSignal);
    const { task } = container;
    if (task === undefined) return;
    await tolerate(task.init.signal(signal), "ESRCH");
    container.isSignalled = true;
    const now = runtime.kernel.clock.nowMicros();
    await container.transition((status) =>
      status.state === "RUNNING" ? stopRequested(status, signal, now) : undefined
    );
  }
}

async function kill(container: Container): Promise<void> {
  if (container.task !== undefined) await tolerate(container.task.init.signal(SIGKILL), "ESRCH");
}
