import type { MessageInitShape } from "@bufbuild/protobuf";

import { isReady } from "../../sandbox/query.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import {
  type PodSandboxNetworkStatusSchema,
  type PodSandboxSchema,
  PodSandboxState,
  type PodSandboxStatusSchema,
} from "../gen/v1_pb.ts";
import { namespacesMessage } from "./security.ts";
import { nanos } from "./values.ts";

/** A sandbox as lists show it. */
export function sandboxMessage(sandbox: Sandbox): MessageInitShape<typeof PodSandboxSchema> {
  return summaryOf(sandbox);
}

/** A sandbox with all that is known of it. */
export function sandboxStatusMessage(
  sandbox: Sandbox,
): MessageInitShape<typeof PodSandboxStatusSchema> {
  return {
    ...summaryOf(sandbox),
    network: networkMessage(sandbox),
    linux: { namespaces: { options: namespacesMessage(sandbox.record.config.namespaces) } },
  };
}

function summaryOf(sandbox: Sandbox) {
  const { record, status } = sandbox;
  return {
    id: record.id,
    metadata: record.config.metadata,
    state: isReady(sandbox) ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY,
    createdAt: nanos(status.createdAt),
    labels: { ...record.config.labels },
    annotations: { ...record.config.annotations },
    runtimeHandler: record.handler,
  };
}

/** On the host's network, and once the pod's is gone, it has no address of its own. */
function networkMessage(
  { status }: Sandbox,
): MessageInitShape<typeof PodSandboxNetworkStatusSchema> {
  const [ip, ...others] = status.phase === "STOPPED" ? [] : status.network?.ips ?? [];
  return { ip: ip ?? "", additionalIps: others.map((it) => ({ ip: it })) };
}
