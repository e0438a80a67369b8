import { RuntimeError } from "../errors.ts";
import { type Context, waitFor } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Files } from "../kernel/files.ts";
import type { Runtime } from "../runtime.ts";
import type { Mount } from "./config.ts";

/** Host directories that a client mounts and that are not there are made, as containerd does. */
const MOUNTED_DIRECTORY_MODE = 0o755;
/** What is wrong with the path itself: whatever else fails may be done the next time. */
const NO_PATH = [
  "ENOENT",
  "ENOTDIR",
  "EEXIST",
  "ELOOP",
  "ENAMETOOLONG",
  "EACCES",
  "EPERM",
  "EROFS",
];

/**
 * Where the client's mounts come from, every symlink on the way followed. A look into a file system of the
 * network whose server is gone has no end: nobody waits for that.
 *
 * @throws {RuntimeError} FAILED_PRECONDITION for what can be neither found nor made, or does not share as the
 * client wants it; DEADLINE_EXCEEDED.
 */
export async function resolveMounts(
  runtime: Runtime,
  mounts: readonly Mount[],
  context: Context,
): Promise<Mount[]> {
  const { clock, files } = runtime.kernel;
  using bounded = context.within(clock, runtime.config.bounds.programMs, "look up mounts");
  const lookUp = (path: string) => waitFor(files.resolveInRoot("/", path), bounded);
  const resolved: Mount[] = [];
  for (const mount of mounts) {
    const hostPath = await lookUpOrMake(files, mount.hostPath, lookUp);
    await requireSharing(runtime, { ...mount, hostPath });
    resolved.push({ ...mount, hostPath });
  }
  return resolved;
}

/** @throws {RuntimeError} FAILED_PRECONDITION when the path can be neither found nor made. */
async function lookUpOrMake(
  files: Files,
  path: string,
  lookUp: (path: string) => Promise<string>,
): Promise<string> {
  try {
    return await lookUp(path).catch(async (error) => {
      if (!hasErrno(error, "ENOENT")) throw error;
      await files.mkdir(path, MOUNTED_DIRECTORY_MODE);
      return await lookUp(path);
    });
  } catch (error) {
    if (!hasErrno(error, ...NO_PATH)) throw error;
    throw new RuntimeError(
      "FAILED_PRECONDITION",
      `Cannot mount ${JSON.stringify(path)}: ` +
        `it can be neither found nor made on the host (${error.errno})`,
      { cause: error },
    );
  }
}

/**
 * A container that mounts something for others, or waits for what others mount, would do so in vain, and its
 * files would be written somewhere else.
 *
 * @throws {RuntimeError} FAILED_PRECONDITION when the host's mount does not share as the client wants it.
 */
async function requireSharing({ kernel }: Runtime, mount: Mount): Promise<void> {
  const { hostPath, propagation } = mount;
  if (propagation === "PRIVATE") return;
  const sharing = await kernel.mounts.sharing(hostPath);
  if (sharing === "shared" || (sharing === "slave" && propagation === "HOST_TO_CONTAINER")) return;
  throw new RuntimeError(
    "FAILED_PRECONDITION",
    `Cannot mount ${JSON.stringify(hostPath)} with propagation ${propagation}: ` +
      `on the host it is in a ${sharing} mount`,
  );
}
