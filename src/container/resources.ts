import type { Cpuset } from "../kernel/cgroups.ts";
import type { LinuxResources } from "./config.ts";
import type { ContainerRecord } from "./record.ts";
import type { ContainerStatus } from "./state.ts";

/** What a container has that is given no limits, in words that an OCI runtime takes. */
export interface Unlimited {
  readonly cgroupVersion: 1 | 2;
  /** What its pod has. */
  readonly cpuset: Cpuset | undefined;
}

const PERIOD = 100_000;
/** Of version 1: what they are for version 2 depends on the OCI runtime. */
const SHARES = 1_024;
const WEIGHT = { "cpu.weight": "100" } as const;

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

/** Whether what is wanted has no word for a CPU set that other limits have. */
export function needsCpuset(wanted: LinuxResources, doubtful: LinuxResources): boolean {
  return (wanted.cpusetCpus === "" && doubtful.cpusetCpus !== "") ||
    (wanted.cpusetMems === "" && doubtful.cpusetMems !== "");
}

/**
 * Limits in words that replace others, which may be in effect, in whole or in part: where these have
 * something and the wanted ones nothing, Linux is told what it has for nothing. The OCI runtime's own way
 * back skips those (runc, libcontainer/container_linux.go, Set). For files there is {@linkcode clearedFiles}.
 */
export function replacing(
  wanted: LinuxResources,
  doubtful: LinuxResources,
  { cgroupVersion, cpuset }: Unlimited,
): LinuxResources {
  const said = <T>(name: keyof LinuxResources, none: T, unlimited: T) =>
    wanted[name] === none && doubtful[name] !== none ? unlimited : wanted[name] as T;
  return {
    ...wanted,
    cpuPeriod: said("cpuPeriod", 0, PERIOD),
    cpuQuota: said("cpuQuota", 0, -1),
    cpuShares: cgroupVersion === 1 ? said("cpuShares", 0, SHARES) : wanted.cpuShares,
    memoryLimitBytes: said("memoryLimitBytes", 0, -1),
    // A memory limit alone has no swap.
    memorySwapLimitBytes: wanted.memoryLimitBytes === 0
      ? said("memorySwapLimitBytes", 0, -1)
      : wanted.memorySwapLimitBytes,
    cpusetCpus: said("cpusetCpus", "", cpuset?.cpus ?? ""),
    cpusetMems: said("cpusetMems", "", cpuset?.mems ?? ""),
  };
}

/**
 * What is in new groups of the files that other limits name, which may be in effect, and the wanted ones do
 * not, where that is known (cgroup-v2.rst); others stay. Version 1 has no such files.
 */
export function clearedFiles(
  wanted: LinuxResources,
  doubtful: LinuxResources,
): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of Object.keys(doubtful.unified)) {
    if (name in wanted.unified) continue;
    if (name === "cpu.weight") files[name] = WEIGHT[name];
    else if (name === "cpu.max") files[name] = `max ${PERIOD}`;
    else if (/^(memory|pids|hugetlb)\..*(max|high)$/.test(name)) files[name] = "max";
    else if (/^memory\.(min|low)$/.test(name)) files[name] = "0";
  }
  return files;
}

/**
 * Limits as they are told to the OCI runtime on a host with version 2. It remembers CPU shares for its next
 * update, also those that it was refused, and has no word for none (runc, update.go): the file has.
 */
export function withWeight(resources: LinuxResources): LinuxResources {
  if (resources.cpuShares !== 0) return resources;
  return { ...resources, unified: { ...WEIGHT, ...resources.unified } };
}

function mergedHugepages(
  present: LinuxResources["hugepageLimits"],
  asked: LinuxResources["hugepageLimits"],
): LinuxResources["hugepageLimits"] {
  const bySize = new Map(present.map((it) => [it.pageSize, it]));
  for (const it of asked) bySize.set(it.pageSize, it);
  return [...bySize.values()];
}
