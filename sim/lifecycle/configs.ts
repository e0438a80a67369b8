import {
  type ContainerConfig,
  DEFAULT_CONTAINER,
  DEFAULT_SECURITY,
  type LinuxResources,
} from "../../src/container/config.ts";
import { DEFAULT_SANDBOX, type SandboxConfig } from "../../src/sandbox/config.ts";
import type { Request } from "./request.ts";

/** The one image of the lifecycle runs: an empty layer on which the simulated workloads run. */
export const SIM_IMAGE = "docker.io/library/sim:latest";
const MIB = 1 << 20;

/** What clients want of a container's resources, by name. */
export const UPDATES: Readonly<Record<string, Partial<LinuxResources>>> = {
  light: { cpuShares: 512 },
  heavy: { cpuShares: 2_048, memoryLimitBytes: 256 * MIB },
  small: { memoryLimitBytes: 64 * MIB },
  "half a CPU": { cpuQuota: 50_000 },
  "the first CPU": { cpusetCpus: "0" },
  // Less time than Linux gives anybody, and asked for after what it does give.
  "too little": { memoryLimitBytes: 128 * MIB, cpuQuota: 10 },
};

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
