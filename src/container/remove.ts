import { messageOf } from "../errors.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { observed } from "../operation.ts";
import type { Container } from "./container.ts";
import { discardFiles } from "./discard.ts";
import { abandonPreparation } from "./prepare.ts";
import { deleteContainerRecord } from "./record.ts";
import { removalBegun } from "./state.ts";
import { endContainer } from "./stop.ts";
import { taskIdentity } from "./task.ts";
import { endUpdates } from "./update.ts";

/**
 * CRI RemoveContainer: whatever state it is in, the container ends and everything of it goes: nothing
 * runs, no file, mount, cgroup, record or name is left. A start that is under way is awaited and then
 * undone; a removal that is under way is joined. An unknown id is fine.
 *
 * The record goes last, so that after a failure or a crash the rest can still be found. That of a container
 * which could still be started says from the first step on that it is being removed, and recovery goes on
 * with it.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for an ambiguous id; the context's cause.
 * @throws {KernelError} the step that Linux refused; call again.
 */
export async function removeContainer(
  runtime: Runtime,
  id: string,
  context: Context,
): Promise<void> {
  const container = runtime.containers.findIfPresent(id);
  if (container === undefined) return;
  await container.removal.run(() => remove(runtime, container), context);
}

async function remove(runtime: Runtime, container: Container): Promise<void> {
  using context = runtime.operationContext(`remove container "${container.id}"`);
  await observed(runtime, {
    name: "RemoveContainer",
    attributes: { "container.id": container.id },
    timer: "container_remove",
    handler: container.record.handler,
  }, async () => {
    using _claim = await container.claim.takeWhenReleased("removing", context);
    await endContainer(runtime, container, 0, context);
    await erase(runtime, container, context);
  });
}

/** Removes all of a container that has ended or never ran, and forgets it. */
async function erase(
  runtime: Runtime,
  container: Container,
  context: Context,
): Promise<void> {
  const { kernel, reaper } = runtime;
  const { record } = container;
  // One that has ended cannot come back: if we die half-way, its record waits for the client's next call.
  await container.transition((status) =>
    status.isRemoving || status.state === "EXITED" ? undefined : removalBegun(status)
  );
  await runtime.hooks.container("removeContainer", container, context);
  const mayHaveHelpers = await endUpdates(container, context);
  await abandonPreparation(runtime, container, context);
  const identity = taskIdentity(runtime, record);
  await reaper.reap(identity, { mayHaveHelpers, known: [] }, context);
  // It would take away what is being taken away.
  if (container.rootfsLeaving !== undefined) await waitFor(container.rootfsLeaving, context);
  await discardFiles(runtime, record.id);
  await kernel.store.commit(deleteContainerRecord(record.id));
  runtime.containers.delete(record.id);
  runtime.containerNames.release(record.name, record.id);
  container.announce("DELETED");
  await releaseLayers(runtime, record.id);
}

/** The image may have been removed meanwhile: then its layers go now, or with the next image. */
async function releaseLayers(runtime: Runtime, id: string): Promise<void> {
  try {
    await runtime.images.release(id);
  } catch (error) {
    runtime.telemetry.log("warn", "layers that nobody needs stay for now", {
      id,
      error: messageOf(error),
    });
  }
}
