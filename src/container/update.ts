import { messageOf, RuntimeError } from "../errors.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import { hasEnded, hasNoState } from "../oci/runc.ts";
import { observed } from "../operation.ts";
import type { Runtime } from "../runtime.ts";
import type { LinuxResources } from "./config.ts";
import type { Container } from "./container.ts";
import { endStrayUpdates, refusedWith, replaceLimits, setLimits } from "./limits.ts";
import { areSameHugepages, areSameResources, mergedResources, resourcesOf } from "./resources.ts";
import { updated, updateIntended, updateTakenBack } from "./state.ts";

/**
 * CRI UpdateContainerResources: other limits for a container that runs, or that is still to be started.
 * What is 0 or empty stays as it is, and so does the score for the OOM killer, which no OCI runtime changes
 * later. Updates of one container come one after another; one that meets the start waits for it, and a
 * start that meets one waits as well (RACES.md W25). Nobody else waits: reads say the limits that are in
 * effect (W12).
 *
 * Once the OCI runtime may have begun, a client that leaves does not stop it. What is cut off is gone on
 * with, in this life of the daemon or the next.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it has ended, or is being ended or removed, or
 * its start has failed, or it is still to be started and its sandbox is not ready; UNIMPLEMENTED for huge
 * pages; UNKNOWN with the OCI runtime's words, and then everything is as before; the context's cause.
 * @throws {KernelError} what Linux refuses.
 */
export async function updateContainerResources(
  runtime: Runtime,
  id: string,
  resources: LinuxResources,
  context: Context,
): Promise<void> {
  const container = runtime.containers.find(id);
  await observed(runtime, {
    name: "UpdateContainerResources",
    attributes: { "container.id": container.id },
    timer: "container_update_resources",
    handler: container.record.handler,
  }, async () => {
    const done = runtime.life.own(update(runtime, container, resources, context));
    done.catch((error) => runtime.reportIfBug(error));
    await waitFor(done, context);
  });
}

/**
 * Goes on with an update of a running container that was cut off, until it is done: now, or as soon as it
 * can be done. In the background, so that what hangs delays nobody.
 */
export function goOnUpdating(runtime: Runtime, container: Container): void {
  if (container.isCatchingUp) return;
  container.isCatchingUp = true;
  // Not by the container's id: its end waits for what is pending under that.
  const done = runtime.janitor.clear(`resources of ${container.id}`, async () => {
    await catchUp(runtime, container);
    container.isCatchingUp = false;
  });
  void runtime.life.own(done);
}

/**
 * Lets nobody change the limits of a container any more, and waits until who does has left. Comes before
 * everything that ends or forgets it for good: a runtime that is still at work would write into what is
 * being removed, and its status would come back.
 *
 * @returns whether a runtime may have been left at work
 * @throws {RuntimeError} the context's cause.
 */
export async function endUpdates(container: Container, context: Context): Promise<boolean> {
  container.gate.close();
  await container.gate.drained(context);
  return container.doubtfulLimits !== undefined || container.status.resourcesIntended !== undefined;
}

/** One update, in its turn. Until it has an effect it ends with its client, from then on with the container. */
async function update(
  runtime: Runtime,
  container: Container,
  asked: LinuxResources,
  client: Context,
): Promise<void> {
  requireUpdatable(runtime, container);
  using pass = container.gate.enter(runtime.life);
  using patience = pass.context.child();
  using _client = client.onCancel((cause) => patience.cancel(cause));
  using _turn = await container.turns.take(patience);
  requireUpdatable(runtime, container);
  if (container.status.state === "RUNNING") {
    await updateRunning(runtime, container, asked, pass.context);
  } else {
    await updateCreated(runtime, container, asked, patience, pass.context);
  }
}

function requireUpdatable(runtime: Runtime, { id, status, claim }: Container): void {
  const refuse = (found: string) =>
    new RuntimeError("FAILED_PRECONDITION", `Cannot update container "${id}": ${found}`);
  const { state, startIntentAt, isRemoving } = status;
  if (state === "EXITED" || state === "UNKNOWN") {
    throw refuse(`container is in CONTAINER_${state} state`);
  }
  if (isRemoving || claim.kind === "removing") throw refuse("container is in removing state");
  if (state === "RUNNING" || claim.kind === "starting") return;
  if (startIntentAt !== 0 || runtime.settler.isSettling(id)) {
    throw refuse("an earlier start has failed and is being cleaned up");
  }
}

/**
 * The intent is durable before the first limit changes, and goes with the record of what has changed: if
 * the daemon dies in between, its next life goes on (recovery/containers.ts).
 */
async function updateRunning(
  runtime: Runtime,
  container: Container,
  asked: LinuxResources,
  context: Context,
): Promise<void> {
  const { resourcesIntended } = container.status;
  // What an update before has left half-done counts as done: it is gone on with.
  const before = resourcesIntended ?? resourcesOf(container);
  const after = mergedResources(before, asked);
  if (resourcesIntended === undefined && areSameResources(before, after)) return;
  requireSameHugepages(runtime, before, after);
  if (resourcesIntended !== undefined) await endStrayUpdates(runtime, container, context);
  await container.transition((status) =>
    status.state === "RUNNING" ? updateIntended(status, after) : undefined
  );
  try {
    await bringToEffect(runtime, container, context);
  } catch (error) {
    if (container.status.resourcesIntended !== undefined) goOnUpdating(runtime, container);
    throw error;
  }
}

/** Sets the limits that are intended; those before again, where the OCI runtime refuses. */
async function bringToEffect(
  runtime: Runtime,
  container: Container,
  context: Context,
): Promise<void> {
  const { state, resourcesIntended: intended } = container.status;
  context.throwIfCancelled();
  if (state !== "RUNNING" || intended === undefined) return;
  const refusal = await setLimits(runtime, container, intended, context);
  if (refusal === undefined) {
    await container.transition((status) =>
      status.state === "RUNNING" ? updated(status, intended) : undefined
    );
    if (container.status.resourcesIntended !== undefined) context.throwIfCancelled();
    return;
  }
  if (hasEnded(refusal)) throw refusedWith(container, refusal);
  // Whoever took the runtime's state away has left nobody who could set a limit, now or later.
  if (!hasNoState(refusal)) {
    const before = resourcesOf(container);
    const refusalOfThose = await replaceLimits(runtime, container, before, intended, context);
    if (refusalOfThose !== undefined) throw refusedWith(container, refusalOfThose);
  }
  await container.transition((status) =>
    status.state === "RUNNING" ? updateTakenBack(status) : undefined
  );
  throw refusedWith(container, refusal);
}

async function catchUp(runtime: Runtime, container: Container): Promise<void> {
  if (container.gate.isClosed) return;
  using pass = container.gate.enter(runtime.life);
  try {
    using _turn = await container.turns.take(pass.context);
    if (container.status.resourcesIntended === undefined) return;
    await endStrayUpdates(runtime, container, pass.context);
    await bringToEffect(runtime, container, pass.context);
  } catch (error) {
    // Whoever ends the container goes on from here, and what was refused was taken back.
    const isOver = container.gate.isClosed || runtime.life.cause !== undefined ||
      container.status.resourcesIntended === undefined;
    if (!isOver) throw error;
    runtime.reportIfBug(error);
    runtime.telemetry.log("warn", "an update of resources was not brought to its end", {
      id: container.id,
      error: messageOf(error),
    });
  }
}

/**
 * The record is the truth: whoever creates the task makes its spec from it. A task that was prepared gets
 * the limits before the record does; if the daemon dies in between, so does the task.
 */
async function updateCreated(
  runtime: Runtime,
  container: Container,
  asked: LinuxResources,
  client: Context,
  object: Context,
): Promise<void> {
  const sandbox = runtime.sandboxes.get(container.sandboxId);
  if (sandbox === undefined) {
    throw new RuntimeError("NOT_FOUND", `sandbox "${container.sandboxId}" not found`);
  }
  // The stop of the sandbox ends what was prepared, and has to find nobody at it.
  using pass = sandbox.gate.enter(object);
  using patience = client.child();
  using _stop = pass.context.onCancel((cause) => patience.cancel(cause));
  const hasTask = await isPrepared(container, patience);
  patience.throwIfCancelled();
  const before = resourcesOf(container);
  const after = mergedResources(before, asked);
  if (container.doubtfulLimits === undefined && areSameResources(before, after)) return;
  requireSameHugepages(runtime, before, after);
  if (hasTask) await updatePrepared(runtime, container, after, pass.context);
  await container.transition((status) =>
    status.state === "CREATED" && !status.isRemoving ? updated(status, after) : undefined
  );
  if (container.status.resources !== after) requireUpdatable(runtime, container);
  pass.context.throwIfCancelled();
  container.doubtfulLimits = undefined;
}

/** Waits for a task that is being prepared; false when there is none, or it cannot be created. */
async function isPrepared({ preparation }: Container, context: Context): Promise<boolean> {
  if (preparation === undefined) return false;
  try {
    await waitFor(preparation.task, context);
    return true;
  } catch {
    context.throwIfCancelled();
    return false;
  }
}

async function updatePrepared(
  runtime: Runtime,
  container: Container,
  after: LinuxResources,
  context: Context,
): Promise<void> {
  const { doubtfulLimits } = container;
  if (doubtfulLimits !== undefined) await endStrayUpdates(runtime, container, context);
  // From the first step on until record and task agree.
  container.doubtfulLimits = mergedResources(doubtfulLimits ?? after, after);
  const doubtful = container.doubtfulLimits;
  const refusal = await replaceLimits(runtime, container, after, doubtful, context);
  // Of a task that has ended its start tells.
  if (refusal !== undefined && !hasEnded(refusal)) throw refusedWith(container, refusal);
}

/** A task has its limits of huge pages for its life: runc update does not know them (runc, update.go). */
function requireSameHugepages(
  { host }: Runtime,
  before: LinuxResources,
  after: LinuxResources,
): void {
  if (!host.hasHugetlbController || areSameHugepages(before, after)) return;
  throw new RuntimeError("UNIMPLEMENTED", "limits of huge pages cannot be updated");
}
