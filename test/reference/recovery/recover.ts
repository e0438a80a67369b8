import { join } from "@std/path";
import { unmountBelow } from "../../../src/container/discard.ts";
import { containersDirectory } from "../../../src/container/paths.ts";
import { type ContainerRecord, parseContainerRecord } from "../../../src/container/record.ts";
import { taskIdentity } from "../../../src/container/task.ts";
import { IMAGE_TABLE } from "../../../src/image/record.ts";
import { pauseIdentity } from "../../../src/sandbox/pause.ts";
import { sandboxesDirectory, sandboxFilesDirectory } from "../../../src/sandbox/paths.ts";
import { exitDirectory, runtimeRoot, tasksDirectory } from "../../../src/task/paths.ts";
import type { TaskIdentity } from "../../../src/task/task.ts";
import { parseSandbox, type Sandbox } from "../sandbox.ts";
import type { Service } from "../service.ts";
import { recoverContainer } from "./containers.ts";
import { recoverSandbox } from "./sandboxes.ts";
import { loadTasks } from "./tasks.ts";

/**
 * What a restart does (server/restart.go:87-247): tasks, sandboxes, containers,
 * folders without a record. Two objects of one name end it, and the daemon does not start (W26).
 */
export async function recover(service: Service): Promise<void> {
  const { platform, meta } = service;
  const { kernel, config, images } = platform;
  const directories = [
    ...[tasksDirectory(config), exitDirectory(config), runtimeRoot(config)],
    ...[sandboxesDirectory(config), sandboxFilesDirectory(config), containersDirectory(config)],
  ];
  for (const directory of directories) await kernel.files.mkdir(directory, 0o711);
  await kernel.cgroups.create(config.cgroupParent);
  await platform.exitFiles.watch(platform.life);
  const records = await meta.load();
  await images.recover(records.filter((it) => it.table === IMAGE_TABLE));
  const sandboxes = meta.list("sandbox").map((it) => parseSandbox(it.value));
  const containers = meta.list("container").map((it) => parseContainerRecord(it.id, it.value));
  for (const { id, image } of containers) images.retain(id, image.layers);
  await loadTasks(service, identitiesOf(service, sandboxes, containers));
  await Promise.all(sandboxes.map((it) => recoverSandbox(service, it)));
  await Promise.all(containers.map((it) => recoverContainer(service, it)));
  await removeOrphans(service);
  await images.collect();
}

function identitiesOf(
  { platform }: Service,
  sandboxes: readonly Sandbox[],
  containers: readonly ContainerRecord[],
): ReadonlyMap<string, TaskIdentity> {
  const identities = [
    ...sandboxes.map(({ record }) => pauseIdentity(platform, record)),
    ...containers.map((record) => taskIdentity(platform, record)),
  ];
  return new Map(identities.map((it) => [it.id, it]));
}

/** Folders of ids that have no record go (restart.go:218-247). */
async function removeOrphans({ platform, meta }: Service): Promise<void> {
  const { kernel, config } = platform;
  const containers = new Set(meta.list("container").map((it) => it.id));
  const pods = new Set([...meta.list("pause"), ...meta.list("sandbox")].map((it) => it.id));
  const bases = [
    { base: tasksDirectory(config), known: containers.union(pods) },
    { base: containersDirectory(config), known: containers },
    { base: sandboxesDirectory(config), known: pods },
    { base: sandboxFilesDirectory(config), known: pods },
  ];
  for (const { base, known } of bases) {
    for (const id of await kernel.files.list(base)) {
      if (known.has(id)) continue;
      try {
        await unmountBelow(kernel, join(base, id));
        await kernel.files.remove(join(base, id));
      } catch (error) {
        platform.reportIfBug(error);
      }
    }
  }
}
