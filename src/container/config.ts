import { MASKED_PATHS, READONLY_PATHS } from "../oci/proc_paths.ts";
import type { NamespaceOptions } from "../sandbox/config.ts";

/** With the pod's metadata, what makes a container's name. */
export interface ContainerMetadata {
  /** Unique within the pod, but for attempts. */
  readonly name: string;
  /** Counts the containers of this name in the pod, from 0. */
  readonly attempt: number;
}

/** CRI's ImageSpec: which image is meant, as the client wrote it. */
export interface ImageSpec {
  /** A name, with tag or digest or neither (then "latest"), or an id or its unique beginning. */
  readonly image: string;
  /** CRI's; recorded, and without effect here. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The name as the user wrote it, for annotations of the container; empty for `image`. */
  readonly userSpecifiedImage: string;
  /** CRI's; recorded, and without effect here: an image is unpacked once for all handlers. */
  readonly runtimeHandler: string;
}

/** CRI's LinuxContainerResources; 0 and empty mean "not set", as there. */
export interface LinuxResources {
  /** Microseconds in which `cpuQuota` counts (cpu.cfs_period_us); Linux has 100,000 unless set. */
  readonly cpuPeriod: number;
  /**
   * Microseconds of CPU time in each `cpuPeriod`, over all CPUs (cpu.cfs_quota_us); -1 for no
   * limit.
   */
  readonly cpuQuota: number;
  /**
   * Weight against its siblings where CPU time is scarce (cpu.shares), 2 to 262,144; Linux has
   * 1,024 unless set.
   */
  readonly cpuShares: number;
  /** Above it the kernel kills a process of the container (OOMKilled). */
  readonly memoryLimitBytes: number;
  /** Memory and swap together; the same as `memoryLimitBytes` unless set, so no swap. */
  readonly memorySwapLimitBytes: number;
  /**
   * Added to the kernel's score of whom to kill first, -1,000 to 1,000 (man 5 proc, oom_score_adj);
   * no lower than the daemon may set.
   */
  readonly oomScoreAdj: number;
  /** CPUs that it may use, as a list ("0-3,7", man 7 cpuset). */
  readonly cpusetCpus: string;
  /** Memory nodes that it may use, as a list ("0-1", man 7 cpuset). */
  readonly cpusetMems: string;
  /** By size of page ("2MB"); without effect where the host has no hugetlb controller. */
  readonly hugepageLimits: readonly { readonly pageSize: string; readonly limitBytes: number }[];
  /**
   * Files of cgroup version 2 and what is written to them ("memory.high"), after everything else.
   */
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

/**
 * Whether mounts that are made later on one side appear on the other (man 7 mount_namespaces): on
 * neither, from host to container, or both ways.
 */
export type MountPropagation = "PRIVATE" | "HOST_TO_CONTAINER" | "BIDIRECTIONAL";

/**
 * A path of the host that a container sees, with all that is mounted below it (a recursive bind
 * mount).
 */
export interface Mount {
  /** Absolute; made when the image has no such path. */
  readonly containerPath: string;
  /** Absolute. One that is missing is made as a folder; symlinks are followed. */
  readonly hostPath: string;
  /** Of the mount itself; what is mounted below keeps its own ways. */
  readonly isReadonly: boolean;
  /** Of what is mounted below as well; needs `isReadonly` and PRIVATE. */
  readonly isRecursiveReadonly: boolean;
  /** BIDIRECTIONAL and HOST_TO_CONTAINER make the container's root propagate too. */
  readonly propagation: MountPropagation;
}

/** A device node of the host that a container gets, with the right to use it. */
export interface Device {
  /** Absolute; the container's node is made there. */
  readonly containerPath: string;
  /** Absolute; a folder stands for every device in it. */
  readonly hostPath: string;
  /** Some of "r", "w", "m". */
  readonly permissions: string;
}

/**
 * A filter of system calls: the configured default (`Config.seccompProfile`), none, or a file of
 * the host's by absolute path.
 */
export type SecurityProfile =
  | { readonly type: "RuntimeDefault" }
  | { readonly type: "Unconfined" }
  | { readonly type: "Localhost"; readonly path: string };

/** CRI's LinuxContainerSecurityContext: as whom a container runs and what it may do. */
export interface ContainerSecurity {
  /**
   * All of the daemon's capabilities, all devices, no seccomp, nothing masked; only in a privileged
   * sandbox.
   */
  readonly isPrivileged: boolean;
  /** On top of the default set, with or without "CAP_"; "ALL" for all that the daemon has. */
  readonly addCapabilities: readonly string[];
  /** Taken from the rest, after adding; "ALL" drops all but those that are added by name. */
  readonly dropCapabilities: readonly string[];
  /** Added too, and kept by a user who is not root (man 7 capabilities, Ambient). */
  readonly addAmbientCapabilities: readonly string[];
  /** The sandbox's own, but for `pid`. */
  readonly namespaces: NamespaceOptions;
  /** A user id; undefined: `runAsUsername`, or the image's user. */
  readonly runAsUser: number | undefined;
  /** Looked up in the image's /etc/passwd, and goes before `runAsUser`; empty when not set. */
  readonly runAsUsername: string;
  /** A group id, only together with a user; undefined: the user's own in the image, else 0. */
  readonly runAsGroup: number | undefined;
  /** Group ids besides the primary one. */
  readonly supplementalGroups: readonly number[];
  /** Merge adds the groups that the image's /etc/group lists the user in; Strict does not. */
  readonly supplementalGroupsPolicy: "Merge" | "Strict";
  /** The root file system and the pod's files in /etc; mounts and volumes stay as they are. */
  readonly hasReadonlyRootfs: boolean;
  /**
   * No program gains rights by set-uid bits or file capabilities (man 2 prctl,
   * PR_SET_NO_NEW_PRIVS).
   */
  readonly noNewPrivileges: boolean;
  /** Paths that the container sees empty; without effect when privileged. */
  readonly maskedPaths: readonly string[];
  /** Paths that the container cannot write to; without effect when privileged. */
  readonly readonlyPaths: readonly string[];
  /** Undefined for no filter, as "Unconfined". */
  readonly seccomp: SecurityProfile | undefined;
}

/** CRI's ContainerConfig after validation: everything that a client may leave out has its default. */
export interface ContainerConfig {
  /** With the pod's, unique among containers. */
  readonly metadata: ContainerMetadata;
  /** Must be here already: creating pulls nothing. */
  readonly image: ImageSpec;
  /** Replaces the image's entrypoint, when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's command, when not empty. */
  readonly args: readonly string[];
  /** Absolute; empty for the image's, which is made when it is missing. */
  readonly workingDir: string;
  /** Added to the image's variables; a name of both has this value. */
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  /** Made parents first; each takes the place of a volume or of a mount of the runtime's own. */
  readonly mounts: readonly Mount[];
  /** Besides /dev/null and the like, which every container has. */
  readonly devices: readonly Device[];
  /**
   * Devices of vendors by their qualified names ("vendor.com/class=name"), as spec files on the host describe them
   * (`Config.cdi`); annotations "cdi.k8s.io/…" may name more.
   */
  readonly cdiDevices: readonly string[];
  /** A client's own words, to find the container by. */
  readonly labels: Readonly<Record<string, string>>;
  /** A client's own words, given back as they are; those with "cdi.k8s.io/" ask for devices as well. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Below the sandbox's log directory; empty for no log. */
  readonly logPath: string;
  /** Whether standard input can be attached; /dev/null otherwise. */
  readonly stdin: boolean;
  /** Whether standard input ends with the first client that leaves it. */
  readonly stdinOnce: boolean;
  /** Whether it has a terminal, on which stdout and stderr are one. */
  readonly tty: boolean;
  /** Limits of the container's own cgroup; `NO_LIMITS` for none. */
  readonly resources: LinuxResources;
  /** As whom it runs and what it may do. */
  readonly security: ContainerSecurity;
  /** A name as the Signal enum spells it ("SIGUSR1", "SIGRTMINPLUS3"), or undefined for the image's. */
  readonly stopSignal: string | undefined;
}

/** What Kubernetes asks for when a container's manifest says nothing of its security. */
export const DEFAULT_SECURITY: ContainerSecurity = {
  isPrivileged: false,
  addCapabilities: [],
  dropCapabilities: [],
  addAmbientCapabilities: [],
  namespaces: { network: "POD", pid: "CONTAINER", ipc: "POD" },
  runAsUser: undefined,
  runAsUsername: "",
  runAsGroup: undefined,
  supplementalGroups: [],
  supplementalGroupsPolicy: "Merge",
  hasReadonlyRootfs: false,
  noNewPrivileges: false,
  maskedPaths: [...MASKED_PATHS, "/sys/firmware"],
  readonlyPaths: READONLY_PATHS,
  seccomp: undefined,
};

/** The same for a container; its metadata and image are still to be given. */
export const DEFAULT_CONTAINER: Omit<ContainerConfig, "metadata" | "image"> = {
  command: [],
  args: [],
  workingDir: "",
  envs: [],
  mounts: [],
  devices: [],
  cdiDevices: [],
  labels: {},
  annotations: {},
  logPath: "",
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: NO_LIMITS,
  security: DEFAULT_SECURITY,
  stopSignal: undefined,
};
