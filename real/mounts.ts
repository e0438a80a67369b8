import { KernelError } from "../src/kernel/errno.ts";
import type { MountOptions, Mounts } from "../src/kernel/mounts.ts";
import { asKernelError, attempt } from "./errno.ts";
import { check, cString, libc } from "./libc.ts";
import { mountLong } from "./mount_long.ts";
import { MS, parseMountOptions } from "./mount_options.ts";
import { mountsBelow } from "./mountinfo.ts";
import { realPath } from "./path.ts";

const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
/** What mount(2) takes of the file system's own options; it cuts off the rest without a word. */
const DATA_BYTES_MAX = 4095;

export const linuxMounts: Mounts = {
  // deno-lint-ignore require-await
  async mount(source, target, options) {
    mountNow(source, target, options);
  },

  // deno-lint-ignore require-await
  async unmount(target) {
    unmountNow(target);
  },

  // deno-lint-ignore require-await
  async list(path) {
    const real = realPath(path);
    if (real === undefined) return [];
    const entries = attempt("list", path, () => mountsBelow(real));
    return entries.map(({ mountPoint }) => mountPoint);
  },
};

/** @throws {KernelError} what mount says; nothing is mounted then. */
export function mountNow(source: string, target: string, options: MountOptions): void {
  const { type } = options;
  const { flags, propagation, data } = parseMountOptions(options);
  const isNew = (flags & MS.REMOUNT) === 0;
  // The call that binds takes no other flag (man 2 mount): those are for a second one.
  const isBind = isNew && (flags & MS.BIND) !== 0;
  const first = isBind ? flags & (MS.BIND | MS.REC) : flags;
  if (new TextEncoder().encode(data).length > DATA_BYTES_MAX) {
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

/** @throws {KernelError} EINVAL when it is no mount point; ENOENT. */
export function unmountNow(target: string): void {
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
