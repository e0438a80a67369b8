import type { ContainerFilter } from "../../container/query.ts";
import type { ContainerState } from "../../container/state.ts";
import type { SandboxFilter } from "../../sandbox/query.ts";
import {
  type ContainerFilter as ContainerFilterMessage,
  ContainerState as ContainerStates,
  type PodSandboxFilter,
  PodSandboxState,
} from "../gen/v1_pb.ts";
import { enumName } from "./values.ts";

const CONTAINER_STATES: Readonly<Record<keyof typeof ContainerStates, ContainerState>> = {
  CONTAINER_CREATED: "CREATED",
  CONTAINER_RUNNING: "RUNNING",
  CONTAINER_EXITED: "EXITED",
  CONTAINER_UNKNOWN: "UNKNOWN",
};

/** What a filter asks for: one for statistics is the same, and knows no states. */
type Asked<Message> = Omit<Message, "$typeName" | "$unknown">;

/**
 * Which containers a client wants to see, or to have statistics of.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a state that there is not.
 */
export function containerFilterFrom(
  message: Asked<ContainerFilterMessage> | undefined,
): ContainerFilter {
  if (message === undefined) return {};
  const { id, podSandboxId, state, labelSelector } = message;
  return {
    ...(id === "" ? {} : { id }),
    ...(podSandboxId === "" ? {} : { sandboxId: podSandboxId }),
    ...(state === undefined
      ? {}
      : { state: CONTAINER_STATES[enumName("filter.state", ContainerStates, state.state)] }),
    labels: labelSelector,
  };
}

/** As `containerFilterFrom`, for sandboxes. */
export function sandboxFilterFrom(message: Asked<PodSandboxFilter> | undefined): SandboxFilter {
  if (message === undefined) return {};
  const { id, state, labelSelector } = message;
  return {
    ...(id === "" ? {} : { id }),
    ...(state === undefined
      ? {}
      : { isReady: enumName("filter.state", PodSandboxState, state.state) === "SANDBOX_READY" }),
    labels: labelSelector,
  };
}
