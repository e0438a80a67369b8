import { messageOf, RuntimeError } from "../errors.ts";
import { allOf } from "../kernel/all_of.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import { observed } from "../operation.ts";
import type { Runtime } from "../runtime.ts";
import type { Pass } from "../kernel/gate.ts";
import { spanned } from "../telemetry.ts";
import { releaseTask } from "../task/release.ts";
import type { Task } from "../task/task.ts";
import type { Container } from "./container.ts";
import { letGoOfRootfs } from "./discard.ts";
import { settleLimits } from "./limits.ts";
import { monitorContainer } from "./monitor.ts";
import { createContainerTask } from "./prepare.ts";
import { START_ERROR, started, startIntended } from "./state.ts";
import { requireTarget } from "./target.ts";

/**
 * CRI StartContainer: executes the user's program, once in the container's life. A container whose
 * start fails, for whatever reason, is EXITED with code 128 and reason StartError, and nothing of it
 * runs; where even that cannot be reached at once it is UNKNOWN and the settler goes on.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it is not CREATED, is being started or
 * removed, or its sandbox is not ready; whatever made the start fail.
 */
export async function startContainer(
  runtime: Runtime,
  id: string,
  context: Context,
): Promise<void> {
  const container = runtime.containers.find(id);
  using _claim = claimStart(runtime, container);
  await observed(runtime, {
    name: "StartContainer",
    attributes: { "container.id": container.id },
    timer: "container_start",
    handler: container.record.handler,
  }, async () => {
    // Until it is undone, too: an update in between would find neither a task nor its end.
    using turns = new DisposableStack();
    try {
      await start(runtime, container, context, turns);
    } catch (error) {
      await giveUp(runtime, container, error);
      throw error;
    }
  });
}

/** Claims a container for its start: check and claim are one step, so only one start gets in. */
function claimStart(runtime: Runtime, container: Container): Disposable {
  const { state, startIntentAt, isRemoving } = container.status;
  const refuse = (found: string) =>
    new RuntimeError("FAILED_PRECONDITION", `Cannot start container "${container.id}": ${found}`);
  if (state !== "CREATED") throw refuse(`container is in CONTAINER_${state} state`);
  if (isRemoving) throw refuse("container is in removing state");
  if (container.claim.kind !== undefined) {
    throw refuse(`container is already in ${container.claim.kind} state`);
  }
  if (startIntentAt !== 0 || runtime.settler.isSettling(container.id)) {
    throw refuse("an earlier start has failed and is being cleaned up");
  }
  return container.claim.take("starting");
}

async function start(
  runtime: Runtime,
  container: Container,
  client: Context,
  turns: DisposableStack,
): Promise<void> {
  const { hooks } = runtime;
  const { record } = container;
  const sandbox = runtime.sandboxes.get(record.sandboxId);
  if (sandbox === undefined) {
    throw new RuntimeError("NOT_FOUND", `sandbox "${record.sandboxId}" not found`);
  }
  using pass = sandbox.gate.enter(client);
  turns.use(await container.turns.take(pass.context));
  const target = requireTarget(runtime, record.sandboxId, record.config.security.namespaces);
  const task = await spanned(
    runtime.telemetry,
    "task.create",
    {},
    () => takeTask(runtime, container, pass.context),
  );
  container.task = task;
  await settleLimits(runtime, container, pass.context);
  await hooks.container("startContainer", container, pass.context);
  target?.requireRunning();
  await release(runtime, container, task, pass);

  await container.transition(started, "STARTED");
  container.rootfsLeaving = runtime.life.own(letGoOfRootfs(runtime, container.id));
  monitorContainer(runtime, container, task);
  await hooks.container("postStartContainer", container, pass.context);
}

/** The task that was prepared, or what is left to wait for of it; else one that is created now. */
async function takeTask(runtime: Runtime, container: Container, context: Context): Promise<Task> {
  if (container.preparation === undefined) {
    return await createContainerTask(runtime, container, context);
  }
  const task = await waitFor(container.preparation.task, context);
  container.preparation = undefined;
  return task;
}

/**
 * Writes down that the program may run from now on, then lets it run. From the release on there is no
 * way back: who gives up now still gets a container that runs, or one that ended.
 */
async function release(
  runtime: Runtime,
  container: Container,
  task: Task,
  pass: Pass,
): Promise<void> {
  const { kernel, config } = runtime;
  if (task.supervisor === undefined) {
    throw new RuntimeError("UNKNOWN", "conmon ended before the container was started");
  }
  pass.context.throwIfCancelled();
  const { init, supervisor } = task;
  await container.transition((status) =>
    startIntended(status, kernel.clock.nowMicros(), init.identity, supervisor.identity)
  );
  pass.context.throwIfCancelled();
  // That a program may run has to be on the disk when the client hears that it does, not when it is released.
  await allOf(
    runtime.life,
    () => kernel.store.sync(),
    () =>
      spanned(
        runtime.telemetry,
        "task.release",
        {},
        () => releaseTask(kernel, config, container.id, task, runtime.life),
      ),
  );
}

/** A failed start: everything that it made is ended by id, and the container with it. */
async function giveUp(runtime: Runtime, container: Container, error: unknown): Promise<void> {
  const { kernel, telemetry } = runtime;
  const message = messageOf(error);
  telemetry.log("warn", "start failed", { id: container.id, error: message });
  const ending = { ...START_ERROR, message, at: kernel.clock.nowMicros() };
  try {
    using bounded = runtime.rollbackContext();
    await runtime.settler.settle(container, ending, true);
    await runtime.hooks.container("stopContainer", container, bounded);
  } catch (rollbackError) {
    telemetry.log("error", "rollback of a failed start goes on in the background", {
      id: container.id,
      error: messageOf(rollbackError),
    });
  }
}
