import type { Image } from "../image/image.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type ResolvedUser, resolveUser, USER_DATABASE_BYTES_MAX } from "../oci/user.ts";
import type { ContainerConfig } from "./config.ts";
import { textOf } from "../utf8.ts";

/**
 * Whom a container runs as, by the image's own databases. The image is not trusted: its files are
 * looked up as if its root were `/`, so that no symlink leads out.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a user that the image does not know.
 */
export async function resolveContainerUser(
  kernel: Kernel,
  rootfs: string,
  config: ContainerConfig,
  image: Image,
): Promise<ResolvedUser> {
  const passwd = await readInRoot(kernel, rootfs, "/etc/passwd");
  const group = await readInRoot(kernel, rootfs, "/etc/group");
  return resolveUser(config.security, image.config.user, { passwd, group });
}

async function readInRoot(kernel: Kernel, root: string, path: string): Promise<string> {
  try {
    const resolved = await kernel.files.resolveInRoot(root, path);
    if ((await kernel.files.stat(resolved))?.kind !== "file") return "";
    const content = await kernel.files.readFile(resolved, USER_DATABASE_BYTES_MAX);
    return textOf(content);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return "";
    throw error;
  }
}
