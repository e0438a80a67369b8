import { hasErrno } from "../src/kernel/errno.ts";
import type { DeviceId, FileKind, FileStat } from "../src/kernel/files.ts";
import { check, cString, libc } from "./libc.ts";

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
/** Known since Linux 5.8. */
const STATX_ATTR_MOUNT_ROOT = 0x2000n;
const STATX_BYTES = 256;

/** The type bits of a mode (man 7 inode). */
const KINDS: ReadonlyMap<number, FileKind> = new Map([
  [0o01, "fifo"],
  [0o02, "device"],
  [0o04, "directory"],
  [0o06, "device"],
  [0o10, "file"],
  [0o12, "symlink"],
  [0o14, "socket"],
]);

const DEVICE_TYPES: ReadonlyMap<number, DeviceId["type"]> = new Map([[0o02, "c"], [0o06, "b"]]);

/**
 * What is at `path`, a last symlink not followed; undefined when nothing is, or nothing leads there.
 * Not Deno's, which knows no more of a time than milliseconds.
 */
export function statOf(path: string): FileStat | undefined {
  const buffer = statxIfThere(path);
  return buffer === undefined ? undefined : decode(buffer);
}

/** Whether something is mounted on `path`, of which nothing is followed; undefined on a kernel that does not tell. */
export function isMountPoint(path: string): boolean | undefined {
  const buffer = statxIfThere(path);
  if (buffer === undefined) return false;
  const [attributes, known] = [buffer.getBigUint64(8, true), buffer.getBigUint64(56, true)];
  if ((known & STATX_ATTR_MOUNT_ROOT) === 0n) return undefined;
  return (attributes & STATX_ATTR_MOUNT_ROOT) !== 0n;
}

/** What a descriptor stands for. */
export function statOfFd(fd: number): FileStat {
  return decode(statx(`fd ${fd}`, fd, "", AT_EMPTY_PATH));
}

function statxIfThere(path: string): DataView<ArrayBuffer> | undefined {
  try {
    return statx(path, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

function statx(
  subject: string,
  folderFd: number,
  path: string,
  flags: number,
): DataView<ArrayBuffer> {
  const buffer = new DataView(new ArrayBuffer(STATX_BYTES));
  const result = libc().statx(folderFd, cString(path), flags, STATX_BASIC_STATS, buffer);
  check("stat", subject, result);
  return buffer;
}

/** The offsets of struct statx (linux/stat.h), alike on every 64-bit machine. */
function decode(buffer: DataView): FileStat {
  const mode = buffer.getUint16(28, true);
  const type = DEVICE_TYPES.get(mode >> 12);
  const seconds = Number(buffer.getBigInt64(112, true));
  return {
    kind: KINDS.get(mode >> 12) ?? "device",
    sizeBytes: Number(buffer.getBigUint64(40, true)),
    mode: mode & 0o7777,
    uid: buffer.getUint32(20, true),
    gid: buffer.getUint32(24, true),
    device: buffer.getUint32(136, true) * 2 ** 20 + buffer.getUint32(140, true),
    inode: Number(buffer.getBigUint64(32, true)),
    modifiedMicros: seconds * 1_000_000 + Math.floor(buffer.getUint32(120, true) / 1_000),
    node: type === undefined
      ? undefined
      : { type, major: buffer.getUint32(128, true), minor: buffer.getUint32(132, true) },
  };
}
