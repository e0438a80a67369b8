import type { MessageInitShape } from "@bufbuild/protobuf";

import { type LinuxResources, NO_LIMITS } from "../../container/config.ts";
import type { LinuxContainerResources, LinuxContainerResourcesSchema } from "../gen/v1_pb.ts";
import { byteLimit, integer } from "./values.ts";

const OOM_SCORE_ADJ_MAX = 1_000;

/**
 * Limits from a client; none when it sent none.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT.
 */
export function resourcesFrom(message: LinuxContainerResources | undefined): LinuxResources {
  if (message === undefined) return NO_LIMITS;
  return {
    cpuPeriod: integer("cpu_period", message.cpuPeriod, 0),
    cpuQuota: integer("cpu_quota", message.cpuQuota),
    cpuShares: integer("cpu_shares", message.cpuShares, 0),
    memoryLimitBytes: byteLimit(message.memoryLimitInBytes),
    memorySwapLimitBytes: byteLimit(message.memorySwapLimitInBytes),
    oomScoreAdj: integer(
      "oom_score_adj",
      message.oomScoreAdj,
      -OOM_SCORE_ADJ_MAX,
      OOM_SCORE_ADJ_MAX,
    ),
    cpusetCpus: message.cpusetCpus,
    cpusetMems: message.cpusetMems,
    hugepageLimits: message.hugepageLimits.map(({ pageSize, limit }) => ({
      pageSize,
      limitBytes: byteLimit(limit),
    })),
    unified: { ...message.unified },
  };
}

/** As `resourcesFrom`, for a client that may leave them out. */
export function resourcesIfAny(
  message: LinuxContainerResources | undefined,
): LinuxResources | undefined {
  return message === undefined ? undefined : resourcesFrom(message);
}

/** Limits for a client. */
export function resourcesMessage(
  resources: LinuxResources,
): MessageInitShape<typeof LinuxContainerResourcesSchema> {
  return {
    cpuPeriod: BigInt(resources.cpuPeriod),
    cpuQuota: BigInt(resources.cpuQuota),
    cpuShares: BigInt(resources.cpuShares),
    memoryLimitInBytes: BigInt(resources.memoryLimitBytes),
    memorySwapLimitInBytes: BigInt(resources.memorySwapLimitBytes),
    oomScoreAdj: BigInt(resources.oomScoreAdj),
    cpusetCpus: resources.cpusetCpus,
    cpusetMems: resources.cpusetMems,
    hugepageLimits: resources.hugepageLimits.map(({ pageSize, limitBytes }) => ({
      pageSize,
      limit: BigInt(limitBytes),
    })),
    unified: { ...resources.unified },
  };
}
