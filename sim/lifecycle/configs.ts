import { type ContainerConfig, NO_LIMITS } from "../../src/container/config.ts";
import type { SandboxConfig } from "../../src/sandbox/config.ts";
import type { Request } from "./request.ts";

/** The one image of the lifecycle runs: an empty layer on which the simulated workloads run. */
export const SIM_IMAGE = "docker.io/library/sim:latest";
const LOG_DIRECTORY = "/var/log/pods";

/** What a client would send for a sandbox. */
export function sandboxConfig(
  request: Extract<Request, { kind: "RunPodSandbox" }>,
  attempt: number,
): SandboxConfig {
  return {
    metadata: { name: `pod${request.sandbox}`, namespace: "default", uid: "uid", attempt },
    hostname: `pod${request.sandbox}`,
    logDirectory: `${LOG_DIRECTORY}/${request.sandbox}`,
    dns: undefined,
    portMappings: [],
    labels: {},
    annotations: {},
    cgroupParent: "",
    sysctls: {},
    namespaces: {
      network: request.hasNetwork ? "POD" : "NODE",
      pid: request.sharesPids ? "POD" : "CONTAINER",
      ipc: "POD",
    },
    isPrivileged: false,
    runAsUser: undefined,
    runAsGroup: undefined,
    supplementalGroups: [],
    hasReadonlyRootfs: false,
    seccomp: undefined,
    resources: undefined,
    overhead: undefined,
  };
}

/** What a client would send for a container. */
export function containerConfig(
  request: Extract<Request, { kind: "CreateContainer" }>,
  attempt: number,
): ContainerConfig {
  const name = `c${request.place.container}`;
  return {
    metadata: { name, attempt },
    image: { image: SIM_IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
    command: request.command,
    args: [],
    workingDir: "",
    envs: [],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: `${name}.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: NO_LIMITS,
    security: {
      isPrivileged: false,
      addCapabilities: [],
      dropCapabilities: [],
      addAmbientCapabilities: [],
      namespaces: { network: "POD", pid: request.sharesPids ? "POD" : "CONTAINER", ipc: "POD" },
      runAsUser: undefined,
      runAsUsername: "",
      runAsGroup: undefined,
      supplementalGroups: [],
      supplementalGroupsPolicy: "Merge",
      hasReadonlyRootfs: false,
      noNewPrivileges: false,
      maskedPaths: [],
      readonlyPaths: [],
      seccomp: undefined,
    },
    stopSignal: undefined,
  };
}
