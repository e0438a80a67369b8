import type { Container } from "../container/container.ts";
import type { Runtime } from "../runtime.ts";
import { containerMessage, containerStatusMessage } from "./codec/container.ts";
import { encode, type Encoded, inARow, WrittenOnce } from "./encoded.ts";
import { ContainerStatusResponseSchema, ListContainersResponseSchema } from "./gen/v1_pb.ts";

const lists = new WrittenOnce<Container>();
const statuses = new WrittenOnce<Container>();

/** The answer of ListContainers. */
export function containerList(containers: readonly Container[]): Encoded {
  return inARow(containers.map((container) =>
    // A list of one. The container's record never changes.
    lists.get(
      container,
      [container.status],
      () => encode(ListContainersResponseSchema, { containers: [containerMessage(container)] }),
    )
  ));
}

/** The answer of ContainerStatus, but for what only a verbose one has. */
export function containerStatusAnswer(runtime: Runtime, container: Container): Encoded {
  const image = runtime.images.resolve(container.record.image.id);
  return statuses.get(
    container,
    [container.status, image],
    () =>
      encode(ContainerStatusResponseSchema, { status: containerStatusMessage(container, image) }),
  );
}
