import { join } from "@std/path";
import type { Image } from "../image/image.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import { hasSucceeded, programFailed } from "../kernel/run.ts";
import { runFilling } from "../kernel/run_filling.ts";
import type { ContainerVolume } from "../oci/spec.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import type { ContainerConfig } from "./config.ts";
import { containerPaths } from "./paths.ts";

/**
 * Gives each volume that the image declares, and the client does not mount over, a directory of its
 * own, with what the image has at that place copied in, as containerd does: for as long as that takes.
 */
export async function prepareVolumes(
  runtime: Runtime,
  id: string,
  config: ContainerConfig,
  image: Image,
  context: Context,
): Promise<readonly ContainerVolume[]> {
  const mounted = new Set(config.mounts.map((mount) => join("/", mount.containerPath)));
  const wanted = [...new Set(image.config.volumes.map((path) => join("/", path)))]
    .filter((path) => path !== "/" && !mounted.has(path));
  const volumes: ContainerVolume[] = [];
  for (const [index, containerPath] of wanted.entries()) {
    const hostPath = join(containerPaths(runtime.config, id).volumes, `${index}`);
    await runtime.kernel.files.mkdir(hostPath, 0o755);
    await copyUp(runtime, id, containerPath, hostPath, context);
    volumes.push({ containerPath, hostPath });
  }
  return volumes;
}

async function copyUp(
  runtime: Runtime,
  id: string,
  containerPath: string,
  hostPath: string,
  context: Context,
): Promise<void> {
  const { kernel, config } = runtime;
  const { rootfs } = taskPaths(config, id);
  let source: string;
  try {
    source = await kernel.files.resolveInRoot(rootfs, containerPath);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return;
    throw error;
  }
  if ((await kernel.files.stat(source))?.kind !== "directory") return;
  // The folder's content, not the folder: join() would take the dot away.
  const command = { program: "cp", args: ["--archive", "--", `${source}/.`, hostPath] };
  const options = { context, directory: hostPath, stallMs: config.bounds.programMs };
  const result = await runFilling(kernel, command, options);
  if (!hasSucceeded(result)) throw programFailed(command, result);
}
