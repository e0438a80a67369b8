import { messageOf } from "../errors.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import { spanned } from "../telemetry.ts";
import { containerPaths } from "./paths.ts";

/**
 * Removes every file and mount of a container by its id; nothing of it may run. Each step is
 * idempotent and finds nothing the second time, so that a retry or a restart completes what was begun.
 *
 * @throws {KernelError} the first step that Linux refuses.
 */
export async function discardFiles(runtime: Runtime, id: string): Promise<void> {
  const { kernel, config } = runtime;
  const task = taskPaths(config, id);
  const paths = containerPaths(config, id);
  await unmountBelow(kernel, task.bundle, paths.directory);
  await kernel.files.remove(task.bundle, paths.directory);
  await runtime.exitFiles.remove(id);
}

/**
 * Takes the root file system of a container that runs away from the host, whose processes have no use for
 * it: it lives on in the container's own mount namespace (man 7 mount_namespaces). Every OCI runtime that
 * is started copies and reads all mounts of the host, so each pod that runs would slow down the next one.
 * A courtesy, which takes as long as all the rest of a start, so that nobody is kept waiting for it but who
 * removes the container; it never rejects, and what stays goes with the container.
 */
export async function letGoOfRootfs(runtime: Runtime, id: string): Promise<void> {
  const { rootfs } = taskPaths(runtime.config, id);
  const attributes = { "container.id": id };
  try {
    await spanned(
      runtime.telemetry,
      "rootfs.leave",
      attributes,
      () => runtime.kernel.mounts.unmount(rootfs),
    );
  } catch (error) {
    runtime.reportIfBug(error);
    runtime.telemetry.log("warn", "root file system stays mounted", {
      id,
      error: messageOf(error),
    });
  }
}

/** Takes away every mount at and below paths, the last one first. */
export async function unmountBelow(kernel: Kernel, ...paths: readonly string[]): Promise<void> {
  for (const mountPoint of (await kernel.mounts.list(...paths)).toReversed()) {
    await kernel.mounts.unmount(mountPoint);
  }
}
