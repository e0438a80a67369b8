import type {
  CgroupUsage,
  MemoryUsage,
  Pressure,
  Stall,
  SwapUsage,
} from "../src/kernel/cgroups.ts";
import { type Hierarchy, parseFlatKeyed } from "./cgroup_files.ts";
import { malformed } from "./errno.ts";

/** What is in a file; undefined where it is not there. */
export type ReadIfThere = (file: string) => Promise<string | undefined>;

/**
 * What a group has used, from the hierarchies that count it: of CPU time that is cpuacct of version 1 or any of
 * version 2, whose cpu.stat needs no controller; of pressure version 2 alone. All files at once, and on other
 * threads: what memory.stat and cpu.stat say is summed up over all CPUs when they are read, under a lock.
 *
 * @param folderOf where the group is in a hierarchy
 *
 * @throws {KernelError} EINVAL with the file that says what it cannot say.
 */
export async function readUsage(
  hierarchies: readonly Hierarchy[],
  folderOf: (hierarchy: Hierarchy) => string,
  read: ReadIfThere,
): Promise<CgroupUsage | undefined> {
  const second = hierarchies.find((it) => it.version === 2);
  const cpu = hierarchies.find((it) => it.controllers.includes("cpuacct")) ?? second;
  const memory = hierarchies.find((it) => it.controllers.includes("memory"));
  const reader = (hierarchy: Hierarchy | undefined): FileReader => async (name, parse) => {
    if (hierarchy === undefined) return undefined;
    const file = `${folderOf(hierarchy)}/${name}`;
    const text = await read(file);
    return text === undefined ? undefined : parse(text, file);
  };
  const [cpuMicros, memoryUsage, cpuPressure, memoryPressure, ioPressure] = await Promise.all([
    cpu?.version === 1
      ? reader(cpu)("cpuacct.usage", parseNanos)
      : reader(cpu)("cpu.stat", (text, file) => valueOf("usage_usec", text, file)),
    memory?.version === 1
      ? reader(memory)("memory.stat", parseFirst).then((it) => readFirst(reader(memory), it))
      : readSecond(reader(memory)),
    ...["cpu", "memory", "io"].map((it) => reader(second)(`${it}.pressure`, parsePressure)),
  ]);
  const usage = { cpuMicros, memory: memoryUsage, cpuPressure, memoryPressure, ioPressure };
  return Object.values(usage).every((it) => it === undefined) ? undefined : usage;
}

/** Reads a file of a group; undefined where it is not there. */
type FileReader = <T>(
  name: string,
  parse: (text: string, file: string) => T,
) => Promise<T | undefined>;

/** Version 1 says in memory.stat all but how much there is (cgroup-v1/memory.rst, 5.2). */
async function readFirst(
  read: FileReader,
  stat: Omit<MemoryUsage, "usedBytes"> | undefined,
): Promise<MemoryUsage | undefined> {
  const usedBytes = await read("memory.usage_in_bytes", parseNumber);
  return stat === undefined || usedBytes === undefined ? undefined : { usedBytes, ...stat };
}

/** Version 2 has a file for each (cgroup-v2.rst, Memory Interface Files). */
async function readSecond(read: FileReader): Promise<MemoryUsage | undefined> {
  const [usedBytes, stat, limitBytes, swapBytes, swapLimitBytes] = await Promise.all([
    read("memory.current", parseNumber),
    read("memory.stat", parseSecond),
    read("memory.max", parseLimit),
    read("memory.swap.current", parseNumber),
    read("memory.swap.max", parseLimit),
  ]);
  if (usedBytes === undefined || stat === undefined) return undefined;
  const swap = swapBytes === undefined
    ? undefined
    : { usedBytes: swapBytes, limitBytes: swapLimitBytes };
  return { usedBytes, ...stat, limitBytes, swap };
}

/** memory.stat of version 1; "total_" stands for the group with its descendants. */
export function parseFirst(text: string, file: string): Omit<MemoryUsage, "usedBytes"> {
  const values = parseFlatKeyed(text);
  const limit = limited(needed("hierarchical_memory_limit", values, file));
  return {
    inactiveFileBytes: needed("total_inactive_file", values, file),
    anonymousBytes: needed("total_rss", values, file),
    pageFaults: needed("total_pgfault", values, file),
    majorPageFaults: needed("total_pgmajfault", values, file),
    limitBytes: limit,
    swap: swapOf(values, limit),
  };
}

/** memory.stat of version 2, which is of descendants as well. */
export function parseSecond(
  text: string,
  file: string,
): Pick<MemoryUsage, "inactiveFileBytes" | "anonymousBytes" | "pageFaults" | "majorPageFaults"> {
  const values = parseFlatKeyed(text);
  return {
    inactiveFileBytes: needed("inactive_file", values, file),
    anonymousBytes: needed("anon", values, file),
    pageFaults: needed("pgfault", values, file),
    majorPageFaults: needed("pgmajfault", values, file),
  };
}

/** Version 1 limits memory and swap together, and counts swap only where it was told to (swapaccount=1). */
function swapOf(
  values: ReadonlyMap<string, number>,
  memoryLimit: number | undefined,
): SwapUsage | undefined {
  const usedBytes = values.get("total_swap");
  if (usedBytes === undefined) return undefined;
  const both = limited(values.get("hierarchical_memsw_limit") ?? Infinity);
  const limitBytes = both === undefined ? undefined : Math.max(0, both - (memoryLimit ?? 0));
  return { usedBytes, limitBytes };
}

/** Nanoseconds, in cpuacct.usage. */
export function parseNanos(text: string, file: string): number {
  return Math.floor(parseNumber(text, file) / 1_000);
}

/** A number alone in its file. */
export function parseNumber(text: string, file: string): number {
  return /^\d+\n?$/.test(text) ? Number(text) : malformed(file, text);
}

/** A number alone in its file, or "max" for no limit. */
export function parseLimit(text: string, file: string): number | undefined {
  return text.trim() === "max" ? undefined : limited(parseNumber(text, file));
}

/** One or both lines of a pressure file; undefined where they are switched off. */
export function parsePressure(text: string, file: string): Pressure | undefined {
  const stalls = new Map([...text.matchAll(STALL)].map(([, kind, ...numbers]) => {
    const [avg10 = 0, avg60 = 0, avg300 = 0, totalMicros = 0] = numbers.map(Number);
    return [kind, { avg10, avg60, avg300, totalMicros } satisfies Stall];
  }));
  const some = stalls.get("some");
  return some === undefined ? malformed(file, text) : { some, full: stalls.get("full") };
}

const STALL = /^(some|full) avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+) total=(\d+)$/gm;

function valueOf(key: string, text: string, file: string): number {
  return needed(key, parseFlatKeyed(text), file);
}

function needed(key: string, values: ReadonlyMap<string, number>, file: string): number {
  return values.get(key) ?? malformed(file, `no ${key}`);
}

/** Version 1 says the largest number of pages for no limit (page_counter.h, PAGE_COUNTER_MAX). */
function limited(bytes: number): number | undefined {
  return bytes > Number.MAX_SAFE_INTEGER ? undefined : bytes;
}
