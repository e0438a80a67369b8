import { unmountBelow } from "../../src/container/discard.ts";
import { containerPaths } from "../../src/container/paths.ts";
import { RuntimeError } from "../../src/errors.ts";
import type { Context } from "../../src/kernel/context.ts";
import { taskPaths } from "../../src/task/paths.ts";
import type { Container } from "./container.ts";
import { isNotFound } from "./meta.ts";
import { ignoreNotFound } from "./run_pod_sandbox.ts";
import type { Service } from "./service.ts";
import { stateOf, type Status } from "./status.ts";
import { stopInternally } from "./stop_container.ts";
import { failure } from "./stop_pod_sandbox.ts";

/**
 * RemoveContainer (server/container_remove.go:52-125). One whose record is gone
 * is taken for removed, whatever else of it is left, and whoever is still at it (W17).
 */
export async function removeContainer(
  service: Service,
  id: string,
  context: Context,
): Promise<void> {
  const container = service.containers.findIfPresent(id);
  if (container === undefined) return;
  try {
    await service.meta.get("container", container.id);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return forget(service, container);
  }
  const { state } = container.status;
  if (state === "RUNNING" || state === "UNKNOWN") {
    try {
      await stopInternally(service, container, 0, context);
    } catch (error) {
      throw failure(error, `failed to forcibly stop container "${container.id}"`);
    }
  }
  await container.update(setRemoving);
  try {
    await remove(service, container, context);
  } catch (error) {
    await container.update((status) => ({ ...status, isRemoving: false }));
    throw error;
  }
}

/** container_remove.go:151-153. */
function setRemoving(status: Status): Status {
  const refuse = (why: string) =>
    new RuntimeError("UNKNOWN", `failed to set removing state for container: ${why}`);
  const state = stateOf(status);
  if (state === "RUNNING") throw refuse("container is still running, to stop first");
  if (state === "UNKNOWN") throw refuse("container state is unknown, to stop first");
  if (status.isStarting) throw refuse("container is in starting state, can't be removed");
  if (status.isRemoving) throw refuse("container is already in removing state");
  return { ...status, isRemoving: true };
}

/** Record with snapshot, checkpoint, root folder, volatile folder, store, name: visible until it is gone. */
async function remove(service: Service, container: Container, context: Context): Promise<void> {
  const { platform } = service;
  const { kernel, config } = platform;
  const { id } = container;
  await deleteRecord(service, id, context);
  await container.checkpoint.delete();
  await kernel.files.remove(containerPaths(config, id).directory);
  await kernel.files.remove(taskPaths(config, id).bundle);
  await platform.exitFiles.remove(id);
  forget(service, container);
  await service.events.send("DELETED", id, container.sandboxId);
}

/** Any failure to find a task means that there is none (W14; client/container.go:191). */
async function deleteRecord(
  { platform, meta, tasks }: Service,
  id: string,
  context: Context,
): Promise<void> {
  const hasTask = await tasks.get(id, context).then(() => true, () => false);
  if (hasTask) {
    throw new RuntimeError("FAILED_PRECONDITION", `cannot delete running task ${id}`);
  }
  await unmountBelow(platform.kernel, taskPaths(platform.config, id).bundle);
  await platform.images.release(id);
  await meta.delete("container", id).catch(ignoreNotFound);
}

function forget({ containers, containerNames }: Service, { record }: Container): void {
  containers.delete(record.id);
  containerNames.release(record.name, record.id);
}
