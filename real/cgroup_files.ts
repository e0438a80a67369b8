import type { MountEntry } from "./mountinfo.ts";

/** One tree of control groups, as the host has it mounted (man 7 cgroups). */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** "memory", "cpuset" and so on; a named hierarchy of version 1 has none. */
  readonly controllers: readonly string[];
}

/** The hierarchies, each once. A file system that is mounted twice counts where it was mounted first. */
export function findHierarchies(
  mounts: readonly MountEntry[],
  read: (file: string) => string | undefined,
): Hierarchy[] {
  const byDevice = new Map<string, Hierarchy>();
  for (const { type, device, mountPoint, superOptions } of mounts) {
    if ((type !== "cgroup" && type !== "cgroup2") || byDevice.has(device)) continue;
    const version = type === "cgroup2" ? 2 : 1;
    const controllers = version === 2
      ? (read(`${mountPoint}/cgroup.controllers`) ?? "").split(/\s+/).filter((it) => it !== "")
      : superOptions.filter((option) => !NO_CONTROLLER.test(option));
    byDevice.set(device, { version, mountPoint, controllers });
  }
  return [...byDevice.values()];
}

/** The process ids in cgroup.procs, one a line; 0 stands for one that the reader cannot see. */
export function parsePids(text: string): number[] {
  return text.split("\n").map(Number).filter((pid) => Number.isSafeInteger(pid) && pid > 0);
}

/** A file of lines "KEY NUMBER" (Documentation/admin-guide/cgroup-v2.rst, flat keyed). */
export function parseFlatKeyed(text: string): ReadonlyMap<string, number> {
  const pairs = [...text.matchAll(/^(\S+) (\d+)$/gm)];
  return new Map(pairs.map(([, key, value]) => [key!, Number(value)]));
}

const NO_CONTROLLER = /^(rw|ro|seclabel|none|xattr|noprefix|clone_children|.*=.*)$/;
