import { create } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";

import { Container } from "../../../../src/container/container.ts";
import type { TimedUsage } from "../../../../src/container/stats.ts";
import { created } from "../../../../src/container/state.ts";
import { containerFilterFrom, sandboxFilterFrom } from "../../../../src/cri/codec/filters.ts";
import { containerStatsMessage, sandboxStatsMessage } from "../../../../src/cri/codec/stats.ts";
import {
  ContainerStatsFilterSchema,
  ContainerStatsSchema,
  PodSandboxStatsFilterSchema,
  PodSandboxStatsSchema,
} from "../../../../src/cri/gen/v1_pb.ts";
import { EventStream } from "../../../../src/events.ts";
import { Sandbox } from "../../../../src/sandbox/sandbox.ts";
import { preparing } from "../../../../src/sandbox/state.ts";
import type { SandboxStats } from "../../../../src/sandbox/stats.ts";
import { SILENT } from "../../../../src/telemetry.ts";
import {
  containerConfigWith,
  containerRecordWith,
  fakeKernel,
  sandboxRecordWith,
} from "../../fakes.ts";

const labels = { app: "web" };
const record = containerRecordWith({ config: containerConfigWith({ labels }) });
const container = new Container(record, created(0), fakeKernel({}), new EventStream(SILENT));
const sandbox = new Sandbox(
  sandboxRecordWith(),
  preparing(0),
  fakeKernel({}),
  new EventStream(SILENT),
);

const MEMORY = {
  usedBytes: 1_000,
  inactiveFileBytes: 300,
  anonymousBytes: 500,
  pageFaults: 7,
  majorPageFaults: 2,
  limitBytes: 2_000,
  swap: { usedBytes: 10, limitBytes: 100 },
};
const STALL = { avg10: 1.5, avg60: 0.25, avg300: 0, totalMicros: 123 };
const USAGE: TimedUsage = {
  readMicros: 5,
  nanoCores: 500_000_000,
  cpuMicros: 40,
  memory: MEMORY,
  cpuPressure: { some: STALL, full: undefined },
  memoryPressure: undefined,
  ioPressure: { some: STALL, full: STALL },
};
const LAYER = { bytes: 4_096, inodes: 3, measuredMicros: 4 };

function messageOf(usage: TimedUsage | undefined, writableLayer: typeof LAYER | undefined) {
  const stats = { container, usage, writableLayer };
  return create(ContainerStatsSchema, containerStatsMessage(stats, "/containers"));
}

function memoryOf(memory: Partial<typeof MEMORY | Record<"limitBytes" | "swap", undefined>>) {
  return messageOf({ ...USAGE, memory: { ...MEMORY, ...memory } }, undefined);
}

Deno.test("containerStatsMessage() has all that was measured, in CRI's units", () => {
  const { attributes, cpu, memory, swap, io, writableLayer } = messageOf(USAGE, LAYER);
  assertEquals([attributes?.id, attributes?.metadata?.name], [record.id, "main"]);
  assertEquals(attributes?.labels, labels);
  assertEquals(cpu?.timestamp, 5_000n);
  assertEquals(cpu?.usageCoreNanoSeconds?.value, 40_000n);
  assertEquals(cpu?.usageNanoCores?.value, 500_000_000n);
  assertEquals([cpu?.psi?.Some?.Total, cpu?.psi?.Some?.Avg10], [123_000n, 1.5]);
  assertEquals([cpu?.psi?.Full, memory?.psi], [undefined, undefined]);
  assertEquals([memory?.timestamp, memory?.workingSetBytes?.value], [5_000n, 700n]);
  assertEquals([memory?.availableBytes?.value, memory?.usageBytes?.value], [1_300n, 1_000n]);
  assertEquals(memory?.rssBytes?.value, 500n);
  assertEquals([memory?.pageFaults?.value, memory?.majorPageFaults?.value], [7n, 2n]);
  assertEquals([swap?.swapAvailableBytes?.value, swap?.swapUsageBytes?.value], [90n, 10n]);
  assertEquals([io?.timestamp, io?.psi?.Full?.Avg60], [5_000n, 0.25]);
  assertEquals([writableLayer?.timestamp, writableLayer?.fsId?.mountpoint], [
    4_000n,
    "/containers",
  ]);
  assertEquals([writableLayer?.usedBytes?.value, writableLayer?.inodesUsed?.value], [4_096n, 3n]);
});

Deno.test("containerStatsMessage() leaves out what is not known", () => {
  const { cpu, memory, swap, io, writableLayer } = messageOf(undefined, undefined);
  assertEquals([cpu, memory, swap, io, writableLayer], Array(5).fill(undefined));
  const first = messageOf({ ...USAGE, nanoCores: undefined, memory: undefined }, undefined);
  assertEquals([first.cpu?.usageNanoCores, first.memory, first.swap], Array(3).fill(undefined));
  const unlimited = memoryOf({ limitBytes: undefined, swap: undefined });
  assertEquals([unlimited.memory?.availableBytes, unlimited.swap], [undefined, undefined]);
});

Deno.test("containerStatsMessage() never goes below nothing", () => {
  const cached = memoryOf({ inactiveFileBytes: 1_001 });
  assertEquals(cached.memory?.workingSetBytes?.value, 0n);
  assertEquals(cached.memory?.availableBytes?.value, 2_000n);
  const full = memoryOf({ limitBytes: 600, swap: { usedBytes: 2, limitBytes: 1 } });
  assertEquals(full.memory?.availableBytes?.value, 0n);
  assertEquals(full.swap?.swapAvailableBytes?.value, 0n);
});

function podMessageOf(pod: SandboxStats["pod"]) {
  const containers = [{ container, usage: USAGE, writableLayer: LAYER }];
  const message = sandboxStatsMessage({ sandbox, pod, containers }, "/containers");
  return create(PodSandboxStatsSchema, message);
}

Deno.test("sandboxStatsMessage() has the pod's own and its containers'", () => {
  const nothing = { receivedBytes: 0, receiveErrors: 0, sentBytes: 0, sendErrors: 0 };
  const eth0 = { receivedBytes: 1, receiveErrors: 2, sentBytes: 3, sendErrors: 4 };
  const interfaces = [
    { name: "lo", ...nothing },
    { name: "net1", ...nothing },
    { name: "eth0", ...eth0 },
  ];
  const network = { readMicros: 6, interfaces };
  const { attributes, linux } = podMessageOf({ usage: USAGE, processCount: 4, network });
  assertEquals([attributes?.id, attributes?.metadata?.uid], [sandbox.id, "uid"]);
  assertEquals(linux?.cpu?.usageCoreNanoSeconds?.value, 40_000n);
  assertEquals(linux?.memory?.workingSetBytes?.value, 700n);
  assertEquals([linux?.process?.timestamp, linux?.process?.processCount?.value], [5_000n, 4n]);
  const first = linux?.network?.defaultInterface;
  assertEquals([linux?.network?.timestamp, first?.name], [6_000n, "eth0"]);
  assertEquals(
    [first?.rxBytes, first?.rxErrors, first?.txBytes, first?.txErrors].map((it) => it?.value),
    [1n, 2n, 3n, 4n],
  );
  assertEquals(linux?.network?.interfaces.map((it) => it.name), ["net1"]);
  assertEquals(linux?.containers.map((it) => it.attributes?.id), [container.id]);
});

Deno.test("sandboxStatsMessage() of a pod that is not ready has its containers alone", () => {
  const { linux } = podMessageOf(undefined);
  assertEquals(
    [linux?.cpu, linux?.memory, linux?.network, linux?.process],
    Array(4).fill(undefined),
  );
  assertEquals(linux?.containers.length, 1);
  const empty = podMessageOf({ usage: undefined, processCount: 0, network: undefined });
  assertEquals([empty.linux?.cpu, empty.linux?.process], [undefined, undefined]);
});

Deno.test("containerFilterFrom() takes what is set in a filter of statistics", () => {
  assertEquals(containerFilterFrom(undefined), {});
  const nothing = containerFilterFrom(create(ContainerStatsFilterSchema, {}));
  assertEquals(nothing, { labels: {} });
  const message = create(ContainerStatsFilterSchema, {
    id: "a",
    podSandboxId: "b",
    labelSelector: labels,
  });
  assertEquals(containerFilterFrom(message), { id: "a", sandboxId: "b", labels });
});

Deno.test("sandboxFilterFrom() takes what is set in a filter of statistics", () => {
  assertEquals(sandboxFilterFrom(undefined), {});
  const message = create(PodSandboxStatsFilterSchema, { id: "a", labelSelector: labels });
  assertEquals(sandboxFilterFrom(message), { id: "a", labels });
});
