import { NO_HOST_EDITS } from "../../src/cdi/apply_edits.ts";
import { messageOf, RuntimeError } from "../../src/errors.ts";
import { unmountBelow } from "../../src/container/discard.ts";
import type { ContainerConfig } from "../../src/container/config.ts";
import { logPathOf } from "../../src/container/logs.ts";
import { containerPaths } from "../../src/container/paths.ts";
import { type ContainerRecord, containerRecord } from "../../src/container/record.ts";
import { resolveContainerUser } from "../../src/container/rootfs_user.ts";
import { writeContainerSpec } from "../../src/container/spec.ts";
import { prepareVolumes } from "../../src/container/volumes.ts";
import type { Image } from "../../src/image/image.ts";
import { prepareRootfs } from "../../src/image/rootfs.ts";
import type { Context } from "../../src/kernel/context.ts";
import { newId } from "../../src/registry/ids.ts";
import { taskPaths } from "../../src/task/paths.ts";
import { Checkpoint } from "./checkpoint.ts";
import { Container } from "./container.ts";
import { type Deferred, runDeferred } from "./goroutine.ts";
import { notFound } from "./meta.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Service } from "./service.ts";
import { NEW_STATUS } from "./status.ts";

/**
 * CreateContainer (server/container_create.go:79-438). That the sandbox is
 * ready is asked once, at the beginning, of the service's copy of its state; nothing asks again (W5).
 */
export async function createContainer(
  service: Service,
  sandboxId: string,
  config: ContainerConfig,
  context: Context,
): Promise<string> {
  const { platform, containerNames } = service;
  const sandbox = await readySandbox(service, sandboxId);
  const id = newId(platform.kernel.random);
  const { metadata: pod } = sandbox.record.config;
  const { metadata } = config;
  const name = [metadata.name, pod.name, pod.namespace, pod.uid, metadata.attempt].join("_");
  reserve(service, name, id);
  const deferred: Deferred = [() => containerNames.release(name, id)];
  try {
    const image = requireImage(service, config);
    const record = await prepareBundle(
      service,
      { id, name, sandbox, config, image },
      deferred,
      context,
    );
    await createRecord(service, record, deferred);
    const container = await createStatus(service, record, deferred);
    service.containers.add(container);
    deferred.length = 0;
    await service.events.send("CREATED", id, sandbox.id);
    return id;
  } catch (error) {
    await runDeferred(deferred);
    throw error;
  }
}

async function readySandbox(service: Service, id: string): Promise<Sandbox> {
  const sandbox = service.sandboxes.find(id);
  await service.meta.ask();
  if (sandbox.state === "READY") return sandbox;
  throw new RuntimeError("UNKNOWN", `sandbox container "${sandbox.id}" is not running`);
}

function reserve(service: Service, name: string, id: string): void {
  try {
    service.containerNames.reserve(name, id);
  } catch (error) {
    throw new RuntimeError(
      "UNKNOWN",
      `failed to reserve container name "${name}"; check if another CreateContainer request is in ` +
        `progress: ${messageOf(error)}`,
    );
  }
}

function requireImage(service: Service, { image }: ContainerConfig): Image {
  const found = service.platform.images.resolve(image.image);
  if (found === undefined) throw notFound(`failed to resolve image "${image.image}": not found`);
  return found;
}

interface NewContainer {
  readonly id: string;
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly config: ContainerConfig;
  readonly image: Image;
}

/** Folders, snapshot and specification. The snapshot is mounted here from the start, not with the task. */
async function prepareBundle(
  { platform }: Service,
  { id, name, sandbox, config, image }: NewContainer,
  deferred: Deferred,
  context: Context,
): Promise<ContainerRecord> {
  const { kernel, images } = platform;
  const paths = containerPaths(platform.config, id);
  const { bundle, rootfs } = taskPaths(platform.config, id);
  await kernel.files.mkdir(paths.directory, 0o755);
  deferred.push(() => kernel.files.remove(paths.directory).catch(() => {}));
  await kernel.files.mkdir(bundle, 0o755);
  deferred.push(() => kernel.files.remove(bundle).catch(() => {}));
  images.retain(id, image.layers);
  deferred.push(() => images.release(id).catch(() => {}));
  deferred.push(() => unmountBelow(kernel, bundle).catch(() => {}));
  const layers = images.layerPaths(image.layers);
  await prepareRootfs(
    kernel,
    { lowerPaths: layers, writableDirectory: paths.directory, mountPoint: rootfs },
    context,
  );
  const user = await resolveContainerUser(kernel, rootfs, config, image);
  const volumes = await prepareVolumes(platform, id, config, image, context);
  const record = containerRecord({
    id,
    name,
    sandboxId: sandbox.id,
    config,
    image: { id: image.id, reference: image.digests[0] ?? image.id, layers: image.layers },
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    logPath: logPathOf(sandbox.record.config.logDirectory, config.logPath),
    stopSignal: config.stopSignal ?? image.config.stopSignal,
    cgroup: `${sandbox.record.cgroup}/${id}`,
    handler: sandbox.record.handler,
    ociRuntime: sandbox.record.ociRuntime,
  });
  const parts = { record, sandbox, image, user, volumes, edits: NO_HOST_EDITS };
  await writeContainerSpec(platform, parts, context);
  return record;
}

/** Commits the record; that a rollback could not delete it is only logged (W26). */
async function createRecord(
  { meta }: Service,
  record: ContainerRecord,
  deferred: Deferred,
): Promise<void> {
  await meta.put("container", record.id, record);
  deferred.push(() => meta.delete("container", record.id).catch(() => {}));
}

async function createStatus(
  { platform: { kernel, config } }: Service,
  record: ContainerRecord,
  deferred: Deferred,
): Promise<Container> {
  const checkpoint = new Checkpoint(kernel, config, record.id);
  const status = { ...NEW_STATUS, createdAt: kernel.clock.nowMicros() };
  await checkpoint.write(status);
  deferred.push(() => checkpoint.delete().catch(() => {}));
  return new Container(record, status, checkpoint);
}
