import type { NamespaceOptions } from "../sandbox/config.ts";

/** With the pod's metadata, what makes a container's name. */
export interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}

/** CRI's ImageSpec: which image is meant, as the client wrote it. */
export interface ImageSpec {
  readonly image: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly userSpecifiedImage: string;
  readonly runtimeHandler: string;
}

/** CRI's LinuxContainerResources; 0 and empty mean "not set", as there. */
export interface LinuxResources {
  readonly cpuPeriod: number;
  readonly cpuQuota: number;
  readonly cpuShares: number;
  readonly memoryLimitBytes: number;
  readonly memorySwapLimitBytes: number;
  readonly oomScoreAdj: number;
  readonly cpusetCpus: string;
  readonly cpusetMems: string;
  readonly hugepageLimits: readonly { readonly pageSize: string; readonly limitBytes: number }[];
  readonly unified: Readonly<Record<string, string>>;
}

/** No limit on anything. */
export const NO_LIMITS: LinuxResources = {
  cpuPeriod: 0,
  cpuQuota: 0,
  cpuShares: 0,
  memoryLimitBytes: 0,
  memorySwapLimitBytes: 0,
  oomScoreAdj: 0,
  cpusetCpus: "",
  cpusetMems: "",
  hugepageLimits: [],
  unified: {},
};

export type MountPropagation = "PRIVATE" | "HOST_TO_CONTAINER" | "BIDIRECTIONAL";

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly isReadonly: boolean;
  readonly isRecursiveReadonly: boolean;
  readonly propagation: MountPropagation;
}

export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  /** Some of "r", "w", "m". */
  readonly permissions: string;
}

export type SecurityProfile =
  | { readonly type: "RuntimeDefault" }
  | { readonly type: "Unconfined" }
  | { readonly type: "Localhost"; readonly path: string };

export interface ContainerSecurity {
  readonly isPrivileged: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly addAmbientCapabilities: readonly string[];
  readonly namespaces: NamespaceOptions;
  readonly runAsUser: number | undefined;
  readonly runAsUsername: string;
  readonly runAsGroup: number | undefined;
  readonly supplementalGroups: readonly number[];
  readonly supplementalGroupsPolicy: "Merge" | "Strict";
  readonly hasReadonlyRootfs: boolean;
  readonly noNewPrivileges: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly seccomp: SecurityProfile | undefined;
}

/** CRI's ContainerConfig after validation: everything that a client may leave out has its default. */
export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  readonly image: ImageSpec;
  /** Replaces the image's entrypoint, when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's command, when not empty. */
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Below the sandbox's log directory; empty for no log. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: LinuxResources;
  readonly security: ContainerSecurity;
  /** A name as the Signal enum spells it ("SIGUSR1", "SIGRTMINPLUS3"), or undefined for the image's. */
  readonly stopSignal: string | undefined;
}
