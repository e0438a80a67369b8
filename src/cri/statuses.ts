import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Container } from "../container/container.ts";
import { listContainers } from "../container/query.ts";
import type { Runtime } from "../runtime.ts";
import { containerStatusMessage } from "./codec/container.ts";
import type { ContainerStatusSchema } from "./gen/v1_pb.ts";

type StatusMessage = MessageInitShape<typeof ContainerStatusSchema>;

/** A container's status as clients see it. */
export function statusOfContainer(runtime: Runtime, container: Container): StatusMessage {
  return containerStatusMessage(container, runtime.images.resolve(container.record.image.id));
}

/** The statuses of all containers of a sandbox, oldest first. */
export function statusesOf(runtime: Runtime, sandboxId: string): StatusMessage[] {
  return listContainers(runtime, { sandboxId }).map((it) => statusOfContainer(runtime, it));
}
