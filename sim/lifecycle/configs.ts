import {
  type ContainerConfig,
  DEFAULT_CONTAINER,
  DEFAULT_SECURITY,
} from "../../src/container/config.ts";
import { DEFAULT_SANDBOX, type SandboxConfig } from "../../src/sandbox/config.ts";
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
    ...DEFAULT_SANDBOX,
    metadata: { name: `pod${request.sandbox}`, namespace: "default", uid: "uid", attempt },
    hostname: `pod${request.sandbox}`,
    logDirectory: `${LOG_DIRECTORY}/${request.sandbox}`,
    namespaces: {
      network: request.hasNetwork ? "POD" : "NODE",
      pid: request.sharesPids ? "POD" : "CONTAINER",
      ipc: "POD",
    },
  };
}

/** What a client would send for a container; it logs to the `log`th file of its name. */
export function containerConfig(
  request: Extract<Request, { kind: "CreateContainer" }>,
  attempt: number,
  log: number = attempt,
): ContainerConfig {
  const name = `c${request.place.container}`;
  return {
    ...DEFAULT_CONTAINER,
    metadata: { name, attempt },
    image: { image: SIM_IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
    command: request.command,
    logPath: `${name}/${log}.log`,
    security: {
      ...DEFAULT_SECURITY,
      namespaces: { network: "POD", pid: request.sharesPids ? "POD" : "CONTAINER", ipc: "POD" },
    },
  };
}
