import { hasErrno } from "../src/kernel/errno.ts";
import type { Processes } from "../src/kernel/processes.ts";
import { attempt } from "./errno.ts";
import { check, cString, libc, O, openFd, owned, SYS } from "./libc.ts";
import { runTool, toolFailed } from "./tool.ts";

const NO_MAGICLINKS = 2n;
const IN_ROOT = 16n;
/** Refuses with EAGAIN what the kernel does not have in memory; known since Linux 5.12. */
const CACHED = 32n;
/** How often a path is walked again because somebody moved a part of it meanwhile. */
const TRIES_MAX = 16;

/**
 * Where `path` leads when `root` is taken for `/` (man 2 openat2). A path of the host may lead into a file
 * system of the network whose server is gone: that can take for ever, and is not for the event loop. So the
 * kernel tells what it has in memory, and what it has not a program looks up.
 *
 * @throws {KernelError} ENOENT, ENOTDIR, ELOOP.
 */
export async function resolveInRoot(
  processes: Processes,
  root: string,
  path: string,
): Promise<string> {
  using folder = owned(openFd("resolveInRoot", root, O.PATH | O.DIRECTORY));
  try {
    return pathOf(openIn(folder.fd, path, CACHED), path);
  } catch (error) {
    if (!hasErrno(error, "EAGAIN", "EINVAL")) throw error;
  }
  return root === "/" ? await lookUp(processes, path) : pathOf(openInOwn(folder.fd, path), path);
}

/** Where a path of the host leads, as a program finds it. @throws {KernelError} ENOENT, ENOTDIR, ELOOP. */
export async function lookUp(processes: Processes, path: string): Promise<string> {
  const args = ["--canonicalize-existing", "--zero", "--", path.replace(/^\/*/, "/")];
  const result = await runTool(processes, { program: "realpath", args });
  const [found, end] = result.stdout.split("\0");
  if (found !== undefined && end !== undefined) return found;
  throw toolFailed("resolveInRoot", path, result);
}

/** A container's root is on a disk of this host. EAGAIN says that a rename or a mount came between. */
function openInOwn(rootFd: number, path: string): number {
  for (let tries = 1;; tries++) {
    try {
      return openIn(rootFd, path, 0n);
    } catch (error) {
      if (!hasErrno(error, "EAGAIN") || tries === TRIES_MAX) throw error;
    }
  }
}

function openIn(rootFd: number, path: string, resolve: bigint): number {
  // struct open_how: flags, mode, resolve.
  const how = new BigUint64Array([
    BigInt(O.PATH | O.CLOEXEC),
    0n,
    IN_ROOT | NO_MAGICLINKS | resolve,
  ]);
  const result = libc().openat2(SYS.openat2, rootFd, cString(path), how, BigInt(how.byteLength));
  return check("resolveInRoot", path, result);
}

function pathOf(fd: number, path: string): string {
  using file = owned(fd);
  return attempt("resolveInRoot", path, () => Deno.readLinkSync(`/proc/self/fd/${file.fd}`));
}
