import type { MessageInitShape } from "@bufbuild/protobuf";

import type { ContainerStats, TimedUsage } from "../../container/stats.ts";
import type { MemoryUsage, Pressure, Stall } from "../../kernel/cgroups.ts";
import type { InterfaceUsage } from "../../kernel/namespaces.ts";
import type { PodUsage, SandboxStats } from "../../sandbox/stats.ts";
import type {
  ContainerStatsSchema,
  NetworkInterfaceUsageSchema,
  PodSandboxStatsSchema,
  PsiDataSchema,
} from "../gen/v1_pb.ts";
import { nanos } from "./values.ts";

/** The interface that CNI is asked to make in a pod. */
const DEFAULT_INTERFACE = "eth0";
const LOOPBACK = "lo";

/** @param mountpoint where containers keep what they write, as ImageFsInfo names it */
export function containerStatsMessage(
  { container: { record }, usage, writableLayer }: ContainerStats,
  mountpoint: string,
): MessageInitShape<typeof ContainerStatsSchema> {
  return {
    attributes: attributesOf(record),
    ...(usage === undefined ? {} : { ...usageMessage(usage), ...swapMessage(usage) }),
    ...(writableLayer === undefined ? {} : {
      writableLayer: {
        timestamp: nanos(writableLayer.measuredMicros),
        fsId: { mountpoint },
        usedBytes: count(writableLayer.bytes),
        inodesUsed: count(writableLayer.inodes),
      },
    }),
  };
}

/** @param mountpoint as for `containerStatsMessage` */
export function sandboxStatsMessage(
  { sandbox: { record }, pod, containers }: SandboxStats,
  mountpoint: string,
): MessageInitShape<typeof PodSandboxStatsSchema> {
  return {
    attributes: attributesOf(record),
    linux: {
      ...(pod === undefined ? {} : podMessage(pod)),
      containers: containers.map((it) => containerStatsMessage(it, mountpoint)),
    },
  };
}

/** What containers and pods are recognized by. */
function attributesOf<Metadata extends object>(
  { id, config }: {
    readonly id: string;
    readonly config: {
      readonly metadata: Metadata;
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    };
  },
) {
  const { metadata, labels, annotations } = config;
  return { id, metadata, labels: { ...labels }, annotations: { ...annotations } };
}

function podMessage({ usage, processCount, network }: PodUsage) {
  return {
    ...(usage === undefined ? {} : {
      ...usageMessage(usage),
      process: { timestamp: nanos(usage.readMicros), processCount: count(processCount) },
    }),
    ...(network === undefined
      ? {}
      : { network: { timestamp: nanos(network.readMicros), ...interfaces(network.interfaces) } }),
  };
}

function interfaces(all: readonly InterfaceUsage[]) {
  const first = all.find(({ name }) => name === DEFAULT_INTERFACE);
  const others = all.filter(({ name }) => name !== DEFAULT_INTERFACE && name !== LOOPBACK);
  return {
    ...(first === undefined ? {} : { defaultInterface: interfaceMessage(first) }),
    interfaces: others.map(interfaceMessage),
  };
}

function interfaceMessage(
  it: InterfaceUsage,
): MessageInitShape<typeof NetworkInterfaceUsageSchema> {
  return {
    name: it.name,
    rxBytes: count(it.receivedBytes),
    rxErrors: count(it.receiveErrors),
    txBytes: count(it.sentBytes),
    txErrors: count(it.sendErrors),
  };
}

/** What pods and containers have alike. */
function usageMessage(usage: TimedUsage) {
  const timestamp = nanos(usage.readMicros);
  const { cpuMicros, nanoCores, memory, cpuPressure, memoryPressure, ioPressure } = usage;
  return {
    ...(cpuMicros === undefined ? {} : {
      cpu: {
        timestamp,
        usageCoreNanoSeconds: { value: nanos(cpuMicros) },
        ...(nanoCores === undefined ? {} : { usageNanoCores: count(nanoCores) }),
        ...psiMessage(cpuPressure),
      },
    }),
    ...(memory === undefined
      ? {}
      : { memory: { timestamp, ...memoryMessage(memory), ...psiMessage(memoryPressure) } }),
    ...(ioPressure === undefined ? {} : { io: { timestamp, ...psiMessage(ioPressure) } }),
  };
}

/** The working set is what cannot be had back without work: what the kubelet evicts pods by. */
function memoryMessage(memory: MemoryUsage) {
  const workingSet = Math.max(0, memory.usedBytes - memory.inactiveFileBytes);
  return {
    workingSetBytes: count(workingSet),
    ...(memory.limitBytes === undefined
      ? {}
      : { availableBytes: count(Math.max(0, memory.limitBytes - workingSet)) }),
    usageBytes: count(memory.usedBytes),
    rssBytes: count(memory.anonymousBytes),
    pageFaults: count(memory.pageFaults),
    majorPageFaults: count(memory.majorPageFaults),
  };
}

function swapMessage({ memory, readMicros }: TimedUsage) {
  const swap = memory?.swap;
  if (swap === undefined) return {};
  const { usedBytes, limitBytes } = swap;
  return {
    swap: {
      timestamp: nanos(readMicros),
      ...(limitBytes === undefined
        ? {}
        : { swapAvailableBytes: count(Math.max(0, limitBytes - usedBytes)) }),
      swapUsageBytes: count(usedBytes),
    },
  };
}

function psiMessage(pressure: Pressure | undefined) {
  if (pressure === undefined) return {};
  const { some, full } = pressure;
  return {
    psi: { Some: stallMessage(some), ...(full === undefined ? {} : { Full: stallMessage(full) }) },
  };
}

/** The kernel counts microseconds, and CRI nanoseconds (cri-api, PsiData). */
function stallMessage(stall: Stall): MessageInitShape<typeof PsiDataSchema> {
  return {
    Total: BigInt(stall.totalMicros) * 1_000n,
    Avg10: stall.avg10,
    Avg60: stall.avg60,
    Avg300: stall.avg300,
  };
}

function count(value: number) {
  return { value: BigInt(value) };
}
