import { KernelError } from "../src/kernel/errno.ts";
import type { MountOptions, Mounts } from "../src/kernel/mounts.ts";
import { asKernelError, attempt } from "./errno.ts";
import { aside, check, cString, libc } from "./libc.ts";
import { mountLong } from "./mount_long.ts";
import { MS, parseMountOptions } from "./mount_options.ts";
import { mountOf, mountsBelow, mountTable } from "./mountinfo.ts";
import { realPath } from "./path.ts";

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
/** What mount(2) takes of the file system's own options; it cuts off the rest without a word. */
const DATA_BYTES_MAX = 4095;

/**
 * Mounting and unmounting wait for the kernel's namespace_sem, which whoever gets a mount namespace of
 * its own holds while it copies every mount of the host, as runc does: 100 ms and more with many starts at
 * once. So both are done beside the event loop first; one that fails is done again on it, for its errno.
 */
export const linuxMounts: Mounts = {
  async mount(source, target, options) {
    if (!await mountAside(source, target, options)) mountNow(source, target, options);
  },

  async unmount(target) {
    const path = cString(target);
    const call = libc().umount2_aside(path, MNT_DETACH | UMOUNT_NOFOLLOW);
    if (await aside([path], call) !== 0) unmountNow(target);
  },

  // deno-lint-ignore require-await
  async list(...paths) {
    const real = paths.map(realPath).filter((it) => it !== undefined);
    if (real.length === 0) return [];
    const entries = attempt("list", paths.join(" "), () => mountsBelow(real));
    return entries.map(({ mountPoint }) => mountPoint);
  },

  // deno-lint-ignore require-await
  async sharing(path) {
    if (realPath(path) === undefined) throw new KernelError("sharing", "ENOENT", path);
    // No mount above it: the daemon's root is none, as after a chroot.
    return attempt("sharing", path, () => mountOf(mountTable(), path)?.sharing ?? "private");
  },
};

/** Mounts what takes a single call; false when it takes several, or has failed. */
async function mountAside(
  source: string,
  target: string,
  options: MountOptions,
): Promise<boolean> {
  const { flags, propagation, data } = parseMountOptions(options);
  const isBind = (flags & MS.BIND) !== 0;
  const several = propagation.length > 0 || (flags & MS.REMOUNT) !== 0 ||
    (isBind && (flags & ~(MS.BIND | MS.REC)) !== 0);
  if (several || isLong(data)) return false;
  const memory = [source, target, options.type, data].map(cString);
  const [from, on, kind, text] = memory;
  return await aside(memory, libc().mount_aside(from!, on!, kind!, BigInt(flags), text!)) === 0;
}

/** @throws {KernelError} what mount says; nothing is mounted then. */
function mountNow(source: string, target: string, options: MountOptions): void {
  const { type } = options;
  const { flags, propagation, data } = parseMountOptions(options);
  const isNew = (flags & MS.REMOUNT) === 0;
  // The call that binds takes no other flag (man 2 mount): those are for a second one.
  const isBind = isNew && (flags & MS.BIND) !== 0;
  const first = isBind ? flags & (MS.BIND | MS.REC) : flags;
  if (isLong(data)) {
    mountLong(source, target, type, first, data);
  } else {
    mountOnce(source, target, type, first, data);
  }
  try {
    const later = flags & ~MS.REC;
    if (isBind && later !== MS.BIND) mountOnce("", target, "", later | MS.REMOUNT, "");
    for (const flag of propagation) mountOnce("", target, "", flag, "");
  } catch (error) {
    if (isNew) unmountNow(target);
    throw error;
  }
}

function isLong(data: string): boolean {
  return new TextEncoder().encode(data).length > DATA_BYTES_MAX;
}

/** @throws {KernelError} EINVAL when it is no mount point; ENOENT. */
function unmountNow(target: string): void {
  check("unmount", target, libc().umount2(cString(target), MNT_DETACH | UMOUNT_NOFOLLOW));
}

function mountOnce(
  source: string,
  target: string,
  type: string,
  flags: number,
  data: string,
): void {
  const [from, on, kind, text] = [source, target, type, data].map(cString);
  const result = libc().mount(from!, on!, kind!, BigInt(flags), text!);
  try {
    check("mount", target, result);
  } catch (error) {
    const kernelError = asKernelError("mount", target, error);
    const { errno } = kernelError;
    throw new KernelError("mount", errno, target, { detail: `${type} from ${source}` });
  }
}
