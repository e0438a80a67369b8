import type { LinuxResources, SecurityProfile } from "../container/config.ts";

/** CRI's NamespaceMode: whose namespace a container lives in. */
export type NamespaceMode = "POD" | "CONTAINER" | "NODE" | "TARGET";

export interface NamespaceOptions {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  /** The container whose PID namespace is meant, for TARGET. */
  readonly targetId?: string;
}

/** With uid, what makes a pod's name: `name_namespace_uid_attempt`. */
export interface SandboxMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
}

export interface PortMapping {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly containerPort: number;
  /** 0 when the port is not published on the host. */
  readonly hostPort: number;
  readonly hostIp: string;
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** CRI's PodSandboxConfig after validation: everything that a client may leave out has its default. */
export interface SandboxConfig {
  readonly metadata: SandboxMetadata;
  /** Empty on the host network: the host's name is used. */
  readonly hostname: string;
  /** Absolute, or empty: containers of this sandbox write no logs. */
  readonly logDirectory: string;
  readonly dns: DnsConfig | undefined;
  readonly portMappings: readonly PortMapping[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** A cgroup path ("/kubepods/pod1"), or empty for the daemon's own. */
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly namespaces: NamespaceOptions;
  readonly isPrivileged: boolean;
  readonly runAsUser: number | undefined;
  readonly runAsGroup: number | undefined;
  readonly supplementalGroups: readonly number[];
  readonly hasReadonlyRootfs: boolean;
  readonly seccomp: SecurityProfile | undefined;
  readonly resources: LinuxResources | undefined;
  readonly overhead: LinuxResources | undefined;
}
