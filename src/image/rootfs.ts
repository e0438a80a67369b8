import { assert } from "@std/assert";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { Kernel } from "../kernel/kernel.ts";

export interface RootfsOptions {
  /** Layers, the top one first. */
  readonly lowerPaths: readonly string[];
  /** Holds what the container writes; made when it is missing. */
  readonly writableDirectory: string;
  readonly mountPoint: string;
  /** Without a writable layer: nothing is written to `writableDirectory`. */
  readonly isReadonly?: boolean;
}

/**
 * Mounts a container's root file system, where nothing is mounted yet: a container's folders have its id,
 * and it is created once. After a failure some of it may be there: see `discardFiles`.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for paths that mount options cannot hold.
 * @throws {KernelError} EINVAL when there are more layers than the kernel takes.
 */
export async function prepareRootfs(
  kernel: Kernel,
  options: RootfsOptions,
  context: Context,
): Promise<void> {
  const { lowerPaths, writableDirectory, mountPoint } = options;
  const [top] = lowerPaths;
  assert(top !== undefined, "A root file system has a layer");
  for (const path of [...lowerPaths, writableDirectory]) checkPath(path);
  context.throwIfCancelled();
  await kernel.files.mkdir(mountPoint, 0o755);
  const lower = `lowerdir=${lowerPaths.join(":")}`;
  if (options.isReadonly ?? false) {
    context.throwIfCancelled();
    // Overlayfs takes no single layer without a writable one.
    if (lowerPaths.length === 1) {
      await kernel.mounts.mount(top, mountPoint, { type: "bind", options: ["ro"] });
    } else {
      await kernel.mounts.mount("overlay", mountPoint, { type: "overlay", options: ["ro", lower] });
    }
    return;
  }
  await kernel.files.mkdir(writableDirectory, 0o700);
  await kernel.files.mkdir(`${writableDirectory}/upper`, 0o755);
  await kernel.files.mkdir(`${writableDirectory}/work`, 0o700);
  context.throwIfCancelled();
  await kernel.mounts.mount("overlay", mountPoint, {
    type: "overlay",
    options: [
      // Or a writable layer could not be mounted again over other layers (overlayfs.rst, index=).
      "index=off",
      lower,
      `upperdir=${writableDirectory}/upper`,
      `workdir=${writableDirectory}/work`,
    ],
  });
}

function checkPath(path: string): void {
  if (!/[:,\\]/.test(path)) return;
  const shown = JSON.stringify(path);
  throw new RuntimeError(
    "INVALID_ARGUMENT",
    `Cannot mount ${shown}: it holds one of ":", "," and "\\"`,
  );
}
