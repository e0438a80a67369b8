import type { ContainerConfig, Device, ImageSpec, Mount } from "../../container/config.ts";
import { RuntimeError } from "../../errors.ts";
import {
  type ContainerConfig as ContainerConfigMessage,
  type Device as DeviceMessage,
  type ImageSpec as ImageSpecMessage,
  type KeyValue,
  type Mount as MountMessage,
  MountPropagation,
  Signal,
} from "../gen/v1_pb.ts";
import { resourcesFrom } from "./resources.ts";
import { containerSecurityFrom } from "./security.ts";
import { enumName, invalid, nameFrom, plainText } from "./values.ts";

const PROPAGATION = {
  PROPAGATION_PRIVATE: "PRIVATE",
  PROPAGATION_HOST_TO_CONTAINER: "HOST_TO_CONTAINER",
  PROPAGATION_BIDIRECTIONAL: "BIDIRECTIONAL",
} as const;

/**
 * What a client wants of a container, checked and with every default in place.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT; UNIMPLEMENTED for what this version cannot do and a
 * container would miss: image volumes, id-mapped mounts, user namespaces, AppArmor.
 */
export function containerConfigFrom(message: ContainerConfigMessage | undefined): ContainerConfig {
  const metadata = message?.metadata;
  if (message === undefined || metadata === undefined) {
    throw invalid("Cannot create container", "container config must include metadata");
  }
  const signal = enumName("stop_signal", Signal, message.stopSignal);
  return {
    metadata: { name: nameFrom("name", metadata.name), attempt: metadata.attempt },
    image: imageSpecFrom(message.image),
    command: message.command.map((word) => plainText("command", word)),
    args: message.args.map((word) => plainText("args", word)),
    workingDir: plainText("working_dir", message.workingDir),
    envs: message.envs.map(envFrom),
    mounts: message.mounts.map(mountFrom),
    devices: message.devices.map(deviceFrom),
    cdiDevices: message.CDIDevices.map(({ name }) => plainText("CDI_devices", name)),
    labels: { ...message.labels },
    annotations: { ...message.annotations },
    logPath: plainText("log_path", message.logPath),
    stdin: message.stdin,
    stdinOnce: message.stdinOnce,
    tty: message.tty,
    resources: resourcesFrom(message.linux?.resources),
    security: containerSecurityFrom(message.linux?.securityContext),
    stopSignal: signal === "RUNTIME_DEFAULT" ? undefined : signal,
  };
}

/**
 * Which image a client means.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when it names none.
 */
export function imageSpecFrom(message: ImageSpecMessage | undefined): ImageSpec {
  if (message === undefined || message.image === "") {
    throw invalid("image", "the name must not be empty");
  }
  return {
    image: message.image,
    annotations: { ...message.annotations },
    userSpecifiedImage: message.userSpecifiedImage,
    runtimeHandler: message.runtimeHandler,
  };
}

/** Linux would take any bytes; JSON, in which the OCI runtime gets them, takes text only. */
function envFrom({ key, value }: KeyValue): { readonly key: string; readonly value: string } {
  try {
    return { key, value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value) };
  } catch {
    throw invalid("envs", `the value of ${JSON.stringify(key)} is not UTF-8`);
  }
}

function mountFrom(message: MountMessage): Mount {
  const { containerPath, hostPath } = message;
  if (containerPath === "") throw invalid("mounts", "container_path must not be empty");
  if ((message.image?.image ?? "") !== "") {
    throw new RuntimeError(
      "UNIMPLEMENTED",
      `image volumes are not implemented: ${JSON.stringify(containerPath)}`,
    );
  }
  if (message.uidMappings.length + message.gidMappings.length > 0) {
    throw new RuntimeError(
      "UNIMPLEMENTED",
      `id-mapped mounts are not implemented: ${JSON.stringify(containerPath)}`,
    );
  }
  if (!hostPath.startsWith("/")) {
    const found = hostPath === "" ? "is empty" : `${JSON.stringify(hostPath)} is not absolute`;
    throw invalid("mounts", `host_path of ${JSON.stringify(containerPath)} ${found}`);
  }
  return {
    containerPath: plainText("mounts", containerPath),
    hostPath: plainText("mounts", hostPath),
    isReadonly: message.readonly,
    isRecursiveReadonly: message.recursiveReadOnly,
    propagation: PROPAGATION[enumName("mounts.propagation", MountPropagation, message.propagation)],
  };
}

function deviceFrom(message: DeviceMessage): Device {
  const { containerPath, hostPath, permissions } = message;
  if (!hostPath.startsWith("/")) {
    throw invalid("devices", `host_path ${JSON.stringify(hostPath)} is not absolute`);
  }
  return {
    containerPath: plainText("devices", containerPath === "" ? hostPath : containerPath),
    hostPath: plainText("devices", hostPath),
    permissions,
  };
}
