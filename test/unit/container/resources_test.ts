import { assert, assertEquals, assertFalse } from "@std/assert";

import { type LinuxResources, NO_LIMITS } from "../../../src/container/config.ts";
import {
  areSameHugepages,
  areSameResources,
  clearedFiles,
  mergedResources,
  needsCpuset,
  replacing,
  resourcesOf,
  withWeight,
} from "../../../src/container/resources.ts";
import { created } from "../../../src/container/state.ts";
import { containerRecordWith } from "../fakes.ts";

const present: LinuxResources = {
  cpuPeriod: 50_000,
  cpuQuota: 20_000,
  cpuShares: 512,
  memoryLimitBytes: 1_000,
  memorySwapLimitBytes: 2_000,
  oomScoreAdj: 100,
  cpusetCpus: "0-1",
  cpusetMems: "0",
  hugepageLimits: [{ pageSize: "2MB", limitBytes: 0 }],
  unified: { "memory.high": "900", "memory.low": "1" },
};

const cpuset = { cpus: "0-7", mems: "0-1" };
const V1 = { cgroupVersion: 1, cpuset } as const;
const V2 = { cgroupVersion: 2, cpuset } as const;

Deno.test("mergedResources() leaves what is 0 or empty as it is", () => {
  assertEquals(mergedResources(present, NO_LIMITS), present);
  assert(areSameResources(present, mergedResources(present, NO_LIMITS)));
});

Deno.test("mergedResources() takes what is given, one limit at a time", () => {
  const asked: Partial<LinuxResources>[] = [
    { cpuPeriod: 10_000 },
    { cpuQuota: -1 },
    { cpuShares: 2 },
    { memorySwapLimitBytes: -1 },
    { cpusetCpus: "1" },
    { cpusetMems: "1" },
  ];
  for (const one of asked) {
    const merged = mergedResources(present, { ...NO_LIMITS, ...one });
    assertEquals(merged, { ...present, ...one });
    assertFalse(areSameResources(present, merged));
  }
});

Deno.test("mergedResources() takes a memory limit alone for one without swap", () => {
  const merged = mergedResources(present, { ...NO_LIMITS, memoryLimitBytes: 3_000 });
  assertEquals([merged.memoryLimitBytes, merged.memorySwapLimitBytes], [3_000, 0]);
});

Deno.test("mergedResources() keeps the score for the OOM killer", () => {
  assertEquals(mergedResources(present, { ...NO_LIMITS, oomScoreAdj: 1 }).oomScoreAdj, 100);
});

Deno.test("mergedResources() merges files by name, and huge pages by size", () => {
  const hugepageLimits = [{ pageSize: "2MB", limitBytes: 5 }, { pageSize: "1GB", limitBytes: 6 }];
  const unified = { "memory.high": "800", "cpu.idle": "1" };
  const merged = mergedResources(present, { ...NO_LIMITS, hugepageLimits, unified });
  assertEquals(merged.hugepageLimits, hugepageLimits);
  assertEquals(merged.unified, { "memory.high": "800", "memory.low": "1", "cpu.idle": "1" });
  assertFalse(areSameHugepages(present, merged));
});

Deno.test("replacing() says what was unlimited, where another limit may be in effect", () => {
  const unlimited = {
    ...NO_LIMITS,
    cpuPeriod: 100_000,
    cpuQuota: -1,
    memoryLimitBytes: -1,
    memorySwapLimitBytes: -1,
    cpusetCpus: "0-7",
    cpusetMems: "0-1",
  };
  assert(needsCpuset(NO_LIMITS, present));
  assertEquals(replacing(NO_LIMITS, present, V1), { ...unlimited, cpuShares: 1_024 });
  assertEquals(replacing(NO_LIMITS, present, V2), unlimited);
  const doubtful = { ...NO_LIMITS, cpuQuota: 5 };
  assertFalse(needsCpuset(NO_LIMITS, doubtful));
  assertEquals(replacing(NO_LIMITS, doubtful, V1), { ...NO_LIMITS, cpuQuota: -1 });
});

Deno.test("replacing() says what is wanted, and that a memory limit alone has no swap", () => {
  assertEquals(replacing(present, { ...present, cpuQuota: 5 }, V2), present);
  const wanted = { ...NO_LIMITS, memoryLimitBytes: 7 };
  assertEquals(replacing(wanted, present, V1).memorySwapLimitBytes, 0);
});

Deno.test("clearedFiles() is what new groups have in files that only the other limits name", () => {
  const unified = {
    "cpu.weight": "7",
    "cpu.max": "1 2",
    "memory.high": "1",
    "memory.low": "2",
    "pids.max": "3",
    "cpu.idle": "1",
  };
  const doubtful = { ...NO_LIMITS, unified };
  assertEquals(clearedFiles({ ...NO_LIMITS, unified: { "pids.max": "4" } }, doubtful), {
    "cpu.weight": "100",
    "cpu.max": "max 100000",
    "memory.high": "max",
    "memory.low": "0",
  });
  assertEquals(clearedFiles(doubtful, NO_LIMITS), {});
});

Deno.test("withWeight() says the weight of version 2, unless there are shares, or another", () => {
  assertEquals(withWeight(present), present);
  assertEquals(withWeight(NO_LIMITS), { ...NO_LIMITS, unified: { "cpu.weight": "100" } });
  const unified = { "cpu.weight": "7" };
  assertEquals(withWeight({ ...NO_LIMITS, unified }).unified, unified);
});

Deno.test("resourcesOf() is as created until there was an update", () => {
  const record = containerRecordWith({});
  const status = created(1);
  assertEquals(resourcesOf({ record, status }), record.config.resources);
  assertEquals(resourcesOf({ record, status: { ...status, resources: present } }), present);
});
