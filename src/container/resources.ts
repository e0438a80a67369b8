import type { LinuxResources } from "./config.ts";
import type { ContainerRecord } from "./record.ts";
import type { ContainerStatus } from "./state.ts";

/** What Linux has where nothing is set, as far as it can be told to a container that has a task. */
const UNLIMITED = {
  cpuPeriod: 100_000,
  cpuQuota: -1,
  cpuShares: 1_024,
  memoryLimitBytes: -1,
  memorySwapLimitBytes: -1,
} as const;

/** The limits of a container as they are now: as it was created, or as it was last updated. */
export function resourcesOf(
  { record, status }: { readonly record: ContainerRecord; readonly status: ContainerStatus },
): LinuxResources {
  return status.resources ?? record.config.resources;
}

/**
 * Limits after an update: what it leaves at 0 or empty stays as it is, `unified` is merged by file and
 * huge pages by size, as containerd does. A new memory limit without one for swap means no swap, as at
 * creation. The score for the OOM killer stays: no OCI runtime changes it later.
 */
export function mergedResources(present: LinuxResources, asked: LinuxResources): LinuxResources {
  const hasMemoryLimit = asked.memoryLimitBytes !== 0;
  return {
    ...present,
    cpuPeriod: asked.cpuPeriod || present.cpuPeriod,
    cpuQuota: asked.cpuQuota || present.cpuQuota,
    cpuShares: asked.cpuShares || present.cpuShares,
    memoryLimitBytes: asked.memoryLimitBytes || present.memoryLimitBytes,
    memorySwapLimitBytes: hasMemoryLimit
      ? asked.memorySwapLimitBytes
      : asked.memorySwapLimitBytes || present.memorySwapLimitBytes,
    cpusetCpus: asked.cpusetCpus || present.cpusetCpus,
    cpusetMems: asked.cpusetMems || present.cpusetMems,
    hugepageLimits: mergedHugepages(present.hugepageLimits, asked.hugepageLimits),
    unified: { ...present.unified, ...asked.unified },
  };
}

/** Whether limits and those that were merged into them are the same. */
export function areSameResources(present: LinuxResources, merged: LinuxResources): boolean {
  return JSON.stringify(present) === JSON.stringify(merged);
}

/** Whether the limits of huge pages are the same, which a task has for its life. */
export function areSameHugepages(one: LinuxResources, other: LinuxResources): boolean {
  return JSON.stringify(one.hugepageLimits) === JSON.stringify(other.hugepageLimits);
}

/**
 * Limits in words that replace others, which may be in effect, in whole or in part: where these have
 * something and the wanted ones nothing, Linux is told what it has for nothing. The OCI runtime's own way
 * back skips those. CPU sets and files of version 2 have no such word: they stay as they have become.
 */
export function replacing(wanted: LinuxResources, doubtful: LinuxResources): LinuxResources {
  const said = (name: keyof typeof UNLIMITED) =>
    wanted[name] === 0 && doubtful[name] !== 0 ? UNLIMITED[name] : wanted[name];
  return {
    ...wanted,
    cpuPeriod: said("cpuPeriod"),
    cpuQuota: said("cpuQuota"),
    cpuShares: said("cpuShares"),
    memoryLimitBytes: said("memoryLimitBytes"),
    memorySwapLimitBytes: wanted.memoryLimitBytes === 0
      ? said("memorySwapLimitBytes")
      : wanted.memorySwapLimitBytes,
  };
}

function mergedHugepages(
  present: LinuxResources["hugepageLimits"],
  asked: LinuxResources["hugepageLimits"],
): LinuxResources["hugepageLimits"] {
  const bySize = new Map(present.map((it) => [it.pageSize, it]));
  for (const it of asked) bySize.set(it.pageSize, it);
  return [...bySize.values()];
}
