import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Mount } from "../../container/config.ts";
import type { Container } from "../../container/container.ts";
import { resourcesOf } from "../../container/resources.ts";
import { type ContainerState, reasonOf } from "../../container/state.ts";
import type { Image } from "../../image/image.ts";
import { criSignalName, signalNumber } from "../../oci/signals.ts";
import {
  type ContainerSchema,
  ContainerState as ContainerStates,
  type ContainerStatusSchema,
  MountPropagation,
  type MountSchema,
  Signal,
} from "../gen/v1_pb.ts";
import { resourcesMessage } from "./resources.ts";
import { nanos } from "./values.ts";

const NO_LOG = "/dev/null";

/** A container as lists show it. */
export function containerMessage({ record, status }: Container): MessageInitShape<
  typeof ContainerSchema
> {
  return {
    id: record.id,
    podSandboxId: record.sandboxId,
    metadata: record.config.metadata,
    image: { ...record.config.image, annotations: { ...record.config.image.annotations } },
    imageRef: record.image.reference,
    imageId: record.image.id,
    state: containerStateMessage(status.state),
    createdAt: nanos(status.createdAt),
    labels: { ...record.config.labels },
    annotations: { ...record.config.annotations },
  };
}

/**
 * A container with all that is known of it.
 *
 * @param image what it was made from, while that is still here: its names may have changed
 */
export function containerStatusMessage(
  { record, status }: Container,
  image: Image | undefined,
): MessageInitShape<typeof ContainerStatusSchema> {
  const { config } = record;
  return {
    id: record.id,
    metadata: config.metadata,
    state: containerStateMessage(status.state),
    createdAt: nanos(status.createdAt),
    startedAt: nanos(status.startedAt),
    finishedAt: nanos(status.finishedAt),
    exitCode: status.exitCode,
    image: {
      ...config.image,
      annotations: { ...config.image.annotations },
      image: image?.tags[0] ?? image?.digests[0] ?? config.image.image,
    },
    imageRef: image?.digests[0] ?? record.image.reference,
    imageId: record.image.id,
    reason: reasonOf(status),
    message: status.message,
    labels: { ...config.labels },
    annotations: { ...config.annotations },
    mounts: config.mounts.map(mountMessage),
    logPath: record.logPath === NO_LOG ? "" : record.logPath,
    resources: { linux: resourcesMessage(resourcesOf({ record, status })) },
    user: {
      linux: {
        uid: BigInt(record.user.uid),
        gid: BigInt(record.user.gid),
        supplementalGroups: record.user.additionalGids.map(BigInt),
      },
    },
    stopSignal: signalMessage(record.stopSignal),
  };
}

/** CRI's number for a state. */
export function containerStateMessage(state: ContainerState): ContainerStates {
  return ContainerStates[`CONTAINER_${state}`];
}

/** Between two real-time signals that are the same number CRI's enum knows one. */
function signalMessage(stopSignal: string): Signal {
  return Signal[criSignalName(signalNumber(stopSignal)) as keyof typeof Signal];
}

function mountMessage(mount: Mount): MessageInitShape<typeof MountSchema> {
  return {
    containerPath: mount.containerPath,
    hostPath: mount.hostPath,
    readonly: mount.isReadonly,
    recursiveReadOnly: mount.isRecursiveReadonly,
    propagation: MountPropagation[`PROPAGATION_${mount.propagation}`],
  };
}
