import { join } from "@std/path";
import { unmountBelow } from "../../../src/container/discard.ts";
import { tolerate } from "../../../src/kernel/errno.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { sandboxPaths } from "../../../src/sandbox/paths.ts";
import type { SandboxRecord } from "../../../src/sandbox/record.ts";
import { taskPaths } from "../../../src/task/paths.ts";

/** What would end with the pause, were it not pinned. */
export async function unpinPauseNamespaces(
  { kernel, config }: Runtime,
  { id }: SandboxRecord,
): Promise<void> {
  const paths = sandboxPaths(config, id);
  for (const pin of [paths.ipc, paths.uts, paths.pid]) await kernel.namespaces.unpin(pin);
}

/** Unmounts the pod's shared memory, if it is mounted. */
export async function unmountShm({ kernel, config }: Runtime, id: string): Promise<void> {
  await tolerate(unmountBelow(kernel, sandboxPaths(config, id).shm), "EINVAL");
}

/**
 * Removes the root and the volatile folder of a sandbox. The network namespace is pinned in one of them
 * here, and is not the controller's to remove.
 */
export async function discardSandboxFiles(
  platform: Runtime,
  record: SandboxRecord,
): Promise<void> {
  const { kernel, config, exitFiles } = platform;
  const { bundle } = taskPaths(config, record.id);
  await unmountBelow(kernel, bundle);
  await kernel.files.remove(bundle);
  await exitFiles.remove(record.id);
  await unmountShm(platform, record.id);
  const paths = sandboxPaths(config, record.id);
  await kernel.files.remove(paths.files);
  if (await kernel.files.stat(paths.directory) === undefined) return;
  for (const name of await kernel.files.list(paths.directory)) {
    if (name !== "net") await kernel.files.remove(join(paths.directory, name));
  }
  if (!await kernel.namespaces.isPinned(paths.net)) await kernel.files.remove(paths.directory);
}
