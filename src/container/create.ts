import { join } from "@std/path";
import { NO_HOST_EDITS } from "../cdi/apply_edits.ts";
import { requestedDevices } from "../cdi/requested.ts";
import { resolveCdiDevices } from "../cdi/resolve.ts";
import { messageOf, RuntimeError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { prepareRootfs } from "../image/rootfs.ts";
import type { Context } from "../kernel/context.ts";
import { signalNumber } from "../oci/signals.ts";
import { observed } from "../operation.ts";
import { Told } from "../plugin/told.ts";
import { newId } from "../registry/ids.ts";
import type { ResolvedUser } from "../oci/user.ts";
import type { Runtime } from "../runtime.ts";
import type { Pass } from "../kernel/gate.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { taskPaths } from "../task/paths.ts";
import type { ContainerConfig } from "./config.ts";
import { Container } from "./container.ts";
import { logPathOf } from "./logs.ts";
import { containerPaths } from "./paths.ts";
import { containerRecord, putContainer, putContainerStatus } from "./record.ts";
import { resolveContainerUser } from "./rootfs_user.ts";
import { writeContainerSpec } from "./spec.ts";
import { created } from "./state.ts";
import { requireTarget } from "./target.ts";
import { prepareVolumes } from "./volumes.ts";

/**
 * CRI CreateContainer: everything that a start needs, short of a process: the writable layer on the
 * image's, the bundle with its OCI spec, the record. The record is committed last; what a crash leaves
 * before has none and goes at the next recovery.
 *
 * The sandbox's gate is held all the way: a sandbox that is being stopped or removed meanwhile gets no
 * new container (RACES.md W5).
 *
 * @returns the container's id
 * @throws {RuntimeError} NOT_FOUND for sandbox or image; FAILED_PRECONDITION when the sandbox is not
 * ready; ALREADY_EXISTS for a name in use; INVALID_ARGUMENT; UNKNOWN for a CDI device that there is not.
 */
export async function createContainer(
  runtime: Runtime,
  sandboxId: string,
  config: ContainerConfig,
  client: Context,
): Promise<string> {
  const sandbox = runtime.sandboxes.find(sandboxId);
  using pass = sandbox.gate.enter(client);
  const id = newId(runtime.kernel.random);
  const name = containerName(sandbox, config);
  // Whoever finds it before its task is being prepared waits for that.
  using turns = new DisposableStack();
  const container = await observed(runtime, {
    name: "CreateContainer",
    attributes: { "container.id": id, "container.name": name, "sandbox.id": sandbox.id },
    timer: "container_create",
    handler: sandbox.record.handler,
  }, () => create(runtime, sandbox, { id, name, config }, pass, turns));
  runtime.preparer.begin(container, sandbox.gate);
  return id;
}

/** What is to be created. */
interface NewContainer {
  readonly id: string;
  readonly name: string;
  readonly config: ContainerConfig;
}

async function create(
  runtime: Runtime,
  sandbox: Sandbox,
  { id, name, config }: NewContainer,
  pass: Pass,
  turns: DisposableStack,
): Promise<Container> {
  const { kernel, hooks, images } = runtime;
  const devices = requestedDevices(config);
  // Before anything is made, and without devices nothing is read and nobody waits.
  const edits = devices.length === 0
    ? NO_HOST_EDITS
    : await resolveCdiDevices(runtime, devices, pass.context);
  await using undo = new AsyncDisposableStack();
  reserveName(runtime, name, id);
  undo.defer(() => runtime.containerNames.release(name, id));
  const image = requireImage(runtime, config);
  const stopSignal = config.stopSignal ?? image.config.stopSignal;
  signalNumber(stopSignal);
  const logPath = logPathOf(sandbox.record.config.logDirectory, config.logPath);
  const target = requireTarget(runtime, sandbox.id, config.security.namespaces);
  images.retain(id, image.layers);
  undo.defer(() => runtime.janitor.discard(id, sandbox.id));

  const members = withGroups(config, edits.additionalGids);
  const user = await mountRootfs(runtime, id, members, image, pass.context);
  const volumes = await prepareVolumes(runtime, id, config, image, pass.context);
  if (target?.container.status.init !== undefined) {
    const { targetPin } = containerPaths(runtime.config, id);
    await kernel.namespaces.pinOf(target.container.status.init, "pid", targetPin);
  }
  const record = containerRecord({
    id,
    name,
    sandboxId: sandbox.id,
    config,
    image: { id: image.id, reference: image.digests[0] ?? image.id, layers: image.layers },
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    logPath,
    stopSignal,
    cgroup: join(sandbox.record.cgroup, id),
    handler: sandbox.record.handler,
    ociRuntime: sandbox.record.ociRuntime,
  });
  const parts = { record, sandbox, image, user, volumes, edits };
  await writeContainerSpec(runtime, parts, pass.context);
  const told = new Told();
  // Of those who are asked before one that refuses, too.
  undo.defer(() => hooks.container("removeContainer", { record, told }, runtime.life));
  await hooks.container("createContainer", { record, told }, pass.context);
  target?.requireRunning();
  pass.context.throwIfCancelled();
  const status = created(kernel.clock.nowMicros());
  const container = new Container(record, status, kernel, runtime.events, told);
  turns.use(await container.turns.take(pass.context));
  await publish(runtime, container);
  undo.move();
  await hooks.container("postCreateContainer", container, pass.context);
  return container;
}

/** What a container is called, in CRI's terms. */
function containerName({ record }: Sandbox, { metadata }: ContainerConfig): string {
  const pod = record.config.metadata;
  return [metadata.name, pod.name, pod.namespace, pod.uid, metadata.attempt].join("_");
}

function reserveName(runtime: Runtime, name: string, id: string): void {
  try {
    runtime.containerNames.reserve(name, id);
  } catch (error) {
    throw new RuntimeError(
      "ALREADY_EXISTS",
      `failed to reserve container name "${name}": ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** What a container is to be, in some more groups. */
function withGroups(config: ContainerConfig, gids: readonly number[]): ContainerConfig {
  if (gids.length === 0) return config;
  const { security } = config;
  const supplementalGroups = [...security.supplementalGroups, ...gids];
  return { ...config, security: { ...security, supplementalGroups } };
}

/** Mounts the container's root file system, and looks up in it whom the container runs as. */
async function mountRootfs(
  runtime: Runtime,
  id: string,
  config: ContainerConfig,
  image: Image,
  context: Context,
): Promise<ResolvedUser> {
  const { kernel, images } = runtime;
  const { rootfs } = taskPaths(runtime.config, id);
  const options = {
    lowerPaths: images.layerPaths(image.layers),
    writableDirectory: containerPaths(runtime.config, id).directory,
    mountPoint: rootfs,
  };
  await prepareRootfs(kernel, options, context);
  return await resolveContainerUser(kernel, rootfs, config, image);
}

function requireImage(runtime: Runtime, { image }: ContainerConfig): Image {
  if (image.image === "") {
    throw new RuntimeError("INVALID_ARGUMENT", "container config must name an image");
  }
  const found = runtime.images.resolve(image.image);
  if (found !== undefined) return found;
  throw new RuntimeError("NOT_FOUND", `failed to resolve image "${image.image}": not found`);
}

/** The last step: from the commit on the container is there. */
async function publish(runtime: Runtime, container: Container): Promise<void> {
  const { kernel } = runtime;
  const { record, status } = container;
  await kernel.store.commit([putContainer(record), putContainerStatus(record.id, status)]);
  runtime.containers.add(container);
  container.announce("CREATED");
}
