import { check, closeFd, cString, libc, owned, SYS } from "./libc.ts";
import { MS } from "./mount_options.ts";

const CLOEXEC = 1;
const SET_FLAG = 0;
const SET_STRING = 1;
const CREATE = 6;
const MOVE_FROM_FD = 4;
const AT_FDCWD = -100;

/** Flags that fsmount knows under numbers of its own (linux/mount.h, MOUNT_ATTR). */
const ATTRIBUTES: readonly (readonly [number, bigint])[] = [
  [MS.RDONLY, 0x1n],
  [MS.NOSUID, 0x2n],
  [MS.NODEV, 0x4n],
  [MS.NOEXEC, 0x8n],
  [MS.NOATIME, 0x10n],
  [MS.STRICTATIME, 0x20n],
  [MS.NODIRATIME, 0x80n],
];

/**
 * Mounts with options that are longer than the page that mount(2) takes: one option a call, the layers
 * of an overlay one by one as "lowerdir+" (fsconfig; Documentation/filesystems/overlayfs.rst, since
 * Linux 6.8).
 *
 * @throws {KernelError} EINVAL on an older kernel.
 */
export function mountLong(
  source: string,
  target: string,
  type: string,
  flags: number,
  data: string,
): void {
  using context = owned(
    check("mount", target, libc().fsopen(SYS.fsopen, cString(type), CLOEXEC)),
  );
  const configure = (command: number, key: string | null, value: string | null) => {
    const [name, text] = [key, value].map((it) => it === null ? null : cString(it));
    const result = libc().fsconfig(SYS.fsconfig, context.fd, command, name!, text!, 0);
    check("mount", target, result);
  };
  configure(SET_STRING, "source", source);
  if (flags & MS.RDONLY) configure(SET_FLAG, "ro", null);
  for (const [key, value] of longOptions(data)) {
    configure(value === null ? SET_FLAG : SET_STRING, key, value);
  }
  configure(CREATE, null, null);
  let attributes = 0n;
  for (const [flag, attribute] of ATTRIBUTES) if (flags & flag) attributes |= attribute;
  const tree = libc().syscall(SYS.fsmount, BigInt(context.fd), BigInt(CLOEXEC), attributes, 0n);
  const fd = check("mount", target, tree);
  try {
    const [from, to] = ["", target].map(cString);
    const result = libc().move_mount(SYS.moveMount, fd, from!, AT_FDCWD, to!, MOVE_FROM_FD);
    check("mount", target, result);
  } finally {
    closeFd(fd);
  }
}

/** The options one by one, without a value where there is none. */
export function longOptions(data: string): [string, string | null][] {
  return data.split(",").flatMap((option): [string, string | null][] => {
    const equals = option.indexOf("=");
    if (equals < 0) return [[option, null]];
    const [key, value] = [option.slice(0, equals), option.slice(equals + 1)];
    if (key !== "lowerdir") return [[key, value]];
    return value.split(":").map((layer) => ["lowerdir+", layer]);
  });
}
