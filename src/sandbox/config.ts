import type { LinuxResources, SecurityProfile } from "../container/config.ts";

/** CRI's NamespaceMode: whose namespace a container lives in. */
export type NamespaceMode = "POD" | "CONTAINER" | "NODE" | "TARGET";

/**
 * CRI's NamespaceOption. A pod's decide what is pinned for it; a container's are to be the same,
 * but for `pid`.
 */
export interface NamespaceOptions {
  /** POD for a network of its own through CNI, NODE for the host's. */
  readonly network: NamespaceMode;
  /**
   * CONTAINER for one a container, POD for a shared one with an init of its own, NODE for the
   * host's; TARGET, for containers only, joins the one of `targetId`.
   */
  readonly pid: NamespaceMode;
  /** POD for one that all containers share, with /dev/shm; NODE for the host's. */
  readonly ipc: NamespaceMode;
  /** The container whose PID namespace is meant, for TARGET. */
  readonly targetId?: string;
}

/** With uid, what makes a pod's name: `name_namespace_uid_attempt`. */
export interface SandboxMetadata {
  /** The pod's name in Kubernetes. */
  readonly name: string;
  /** The pod's Kubernetes namespace. */
  readonly namespace: string;
  /** The pod's identity in Kubernetes, which outlives a sandbox. */
  readonly uid: string;
  /** Counts the sandboxes of one pod, from 0. */
  readonly attempt: number;
}

/** A port of the pod that the host forwards, by CNI's portmap plugin. */
export interface PortMapping {
  /** What is forwarded; a port of each protocol is another port. */
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** 1 to 65535, in the pod's network. */
  readonly containerPort: number;
  /** 0 when the port is not published on the host. */
  readonly hostPort: number;
  /** The host's address that forwards; empty for all of them. */
  readonly hostIp: string;
}

/** What the containers' /etc/resolv.conf says (man 5 resolv.conf), each part one word. */
export interface DnsConfig {
  /** Addresses, in the order in which they are asked; the C library uses three. */
  readonly servers: readonly string[];
  /** Domains that short names are looked for below, 32 at most. */
  readonly searches: readonly string[];
  /** Such as "ndots:5". */
  readonly options: readonly string[];
}

/** CRI's PodSandboxConfig after validation: everything that a client may leave out has its default. */
export interface SandboxConfig {
  /** Two sandboxes with equal metadata are never there at a time. */
  readonly metadata: SandboxMetadata;
  /** Empty on the host network: the host's name is used. */
  readonly hostname: string;
  /** Absolute, or empty: containers of this sandbox write no logs. */
  readonly logDirectory: string;
  /** Undefined, or without a word: the containers get the host's /etc/resolv.conf. */
  readonly dns: DnsConfig | undefined;
  /** Without effect on the host's network. */
  readonly portMappings: readonly PortMapping[];
  /** A client's own words, to find the sandbox by. */
  readonly labels: Readonly<Record<string, string>>;
  /** A client's own words, given back as they are. */
  readonly annotations: Readonly<Record<string, string>>;
  /** A cgroup path ("/kubepods/pod1"), or empty for the daemon's own. */
  readonly cgroupParent: string;
  /** By name ("net.ipv4.ip_forward"): only those of a namespace that the pod has for itself. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** What the pod has for itself and what it shares with the host. */
  readonly namespaces: NamespaceOptions;
  /** Whether its containers may be privileged. */
  readonly isPrivileged: boolean;
  /** CRI's, for a pause container; recorded, and without effect here. */
  readonly runAsUser: number | undefined;
  /** CRI's, for a pause container; recorded, and without effect here. */
  readonly runAsGroup: number | undefined;
  /** CRI's, for a pause container; recorded, and without effect here. */
  readonly supplementalGroups: readonly number[];
  /** CRI's, for a pause container; recorded, and without effect here. */
  readonly hasReadonlyRootfs: boolean;
  /** CRI's, for a pause container; recorded, and without effect here. */
  readonly seccomp: SecurityProfile | undefined;
  /**
   * The sum of its containers' limits, for plugins; undefined when the client does not say. The
   * client sets the pod's cgroup itself.
   */
  readonly resources: LinuxResources | undefined;
  /**
   * What the pod needs besides its containers, for plugins; undefined when the client does not say.
   */
  readonly overhead: LinuxResources | undefined;
}

/** What Kubernetes asks for when a pod's manifest says nothing; its metadata is still to be given. */
export const DEFAULT_SANDBOX: Omit<SandboxConfig, "metadata"> = {
  hostname: "",
  logDirectory: "",
  dns: undefined,
  portMappings: [],
  labels: {},
  annotations: {},
  cgroupParent: "",
  sysctls: {},
  namespaces: { network: "POD", pid: "CONTAINER", ipc: "POD" },
  isPrivileged: false,
  runAsUser: undefined,
  runAsGroup: undefined,
  supplementalGroups: [],
  hasReadonlyRootfs: false,
  seccomp: undefined,
  resources: undefined,
  overhead: undefined,
};
