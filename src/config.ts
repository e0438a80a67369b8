/** An OCI runtime that a runtime handler stands for. */
export interface RuntimeHandler {
  /** An absolute path, or a name in PATH. */
  readonly program: string;
}

/** How the daemon is set up: paths, programs and bounds. `DEFAULT_CONFIG` is what `slipway daemon` uses. */
export interface Config {
  /** What survives a reboot: images, and all that containers write to but /dev/shm. */
  readonly root: string;
  /** What a reboot ends: bundles, pinned namespaces, exit files, the OCI runtime's state. */
  readonly state: string;
  /** By CRI's runtime handler name; "" stands for `defaultHandler`. */
  readonly handlers: Readonly<Record<string, RuntimeHandler>>;
  /** The one of `handlers` for pods that name none. */
  readonly defaultHandler: string;
  /** What supervises each container: an absolute path, or a name in PATH. */
  readonly conmon: string;
  /** What connects clients to ports of pods: an absolute path, or a name in PATH. */
  readonly socat: string;
  /** The init of a shared PID namespace: a static program that reaps (catatonit -P). */
  readonly pause: string;
  /** Where the pods' network is described, and the plugins that make it. */
  readonly cni: {
    /** Where the network configuration list is looked for; the first name in order counts. */
    readonly configDirectory: string;
    readonly binaryDirectories: readonly string[];
  };
  /** Devices of vendors (Container Device Interface). */
  readonly cdi: {
    /** Where their spec files are: a device in a later folder takes the place of one in an earlier. */
    readonly specDirectories: readonly string[];
  };
  /** Cgroup for pods whose client names none; each pod gets a group of its own below it. */
  readonly cgroupParent: string;
  /**
   * The profile behind RuntimeDefault, in the format of containers/common (man 5 seccomp.json); empty for none.
   * Of the one that `DEFAULT_CONFIG` has, the host's, namespaces are taken away (`withoutNamespaces`).
   */
  readonly seccompProfile: string;
  /** Where images come from, and the program that fetches them. */
  readonly images: {
    readonly skopeo: string;
    /** Registries ("127.0.0.1:5000") that speak plain http or have an unknown certificate. */
    readonly insecureRegistries: readonly string[];
    /** What a short name ("busybox") is taken to be below. */
    readonly defaultRegistry: string;
    /** What skopeo finds in its environment, such as HTTPS_PROXY; with passwords, so it is not shown. */
    readonly environment: Readonly<Record<string, string>>;
  };
  /**
   * When the task of a container is created: "eager" begins after CreateContainer's answer, so that
   * StartContainer only has to release it; "lazy" leaves all of it to StartContainer.
   */
  readonly prepare: "eager" | "lazy";
  /** Where clients of Exec, Attach and PortForward connect to. */
  readonly streaming: {
    /**
     * An IP address of this host that the kubelet reaches, and clients that it sends here. What goes over it
     * is not encrypted: loopback, but in a network where nobody listens.
     */
    readonly address: string;
    /** A TCP port; 0 for any that is free. */
    readonly port: number;
  };
  /** How long, how much and how many at most. */
  readonly bounds: Bounds;
}

/** Upper bounds of everything that waits. */
export interface Bounds {
  /** A spawned helper program: runc, CNI plugin, namespaces. */
  readonly programMs: number;
  /** Transport and unpacking of an image without progress. */
  readonly pullMs: number;
  /** From conmon's start to its answer that the task is created. */
  readonly taskCreateMs: number;
  /** From the release of a task to the proof that it runs or has ended. */
  readonly taskReleaseMs: number;
  /** Everything that undoes a failed operation, whatever its client's deadline. */
  readonly rollbackMs: number;
  /** A stop or removal from its first step to its last, unless one of them fails. */
  readonly operationMs: number;
  /** From the death of a container's init to its exit file; after that the code is unknown (255). */
  readonly exitFileMs: number;
  /** From SIGKILL to the death of every process of a container. */
  readonly killMs: number;
  /** What ExecSync waits for output that a descendant of the command holds open. */
  readonly execDrainMs: number;
  /** For how long an attached client may take nothing of what a container prints, which waits for it. */
  readonly attachStallMs: number;
  /** Kept of what is printed to a terminal, or a container, for a client that is slow, in bytes. */
  readonly backlogBytesMax: number;
  /** First and longest pause between two tries of the reaper. */
  readonly reaperFirstMs: number;
  /** See `reaperFirstMs`, which doubles up to here. */
  readonly reaperLongestMs: number;
  /** Kept of each output stream of ExecSync, in bytes. */
  readonly execOutputBytesMax: number;
  /** Helper programs at the same time. */
  readonly concurrentPrograms: number;
  /** From a client's connection until it has opened the streams that it asked for. */
  readonly streamCreationMs: number;
  /** A connection of Exec, Attach or PortForward over which nothing comes or goes. */
  readonly streamIdleMs: number;
  /** Containers that wait for their start with a task of their own; the others get theirs at the start. */
  readonly preparedTasksMax: number;
  /** Tasks that are prepared at the same time. */
  readonly preparationsAtOnce: number;
}

/** For a node with a few hundred pods. */
export const DEFAULT_BOUNDS: Bounds = {
  programMs: 30_000,
  pullMs: 600_000,
  taskCreateMs: 60_000,
  taskReleaseMs: 10_000,
  rollbackMs: 60_000,
  operationMs: 240_000,
  exitFileMs: 10_000,
  killMs: 10_000,
  execDrainMs: 2_000,
  attachStallMs: 30_000,
  backlogBytesMax: 1024 * 1024,
  reaperFirstMs: 500,
  reaperLongestMs: 60_000,
  execOutputBytesMax: 16 * 1024 * 1024,
  concurrentPrograms: 16,
  streamCreationMs: 30_000,
  streamIdleMs: 14_400_000,
  preparedTasksMax: 64,
  preparationsAtOnce: 8,
};

/** Paths and programs where Debian has them. */
export const DEFAULT_CONFIG: Config = {
  root: "/var/lib/slipway",
  state: "/run/slipway",
  handlers: { runc: { program: "runc" } },
  defaultHandler: "runc",
  conmon: "conmon",
  socat: "socat",
  pause: "/usr/bin/catatonit",
  cni: {
    configDirectory: "/etc/cni/net.d",
    binaryDirectories: ["/opt/cni/bin", "/usr/lib/cni"],
  },
  cdi: { specDirectories: ["/etc/cdi", "/var/run/cdi"] },
  cgroupParent: "/slipway",
  seccompProfile: "/usr/share/containers/seccomp.json",
  images: {
    skopeo: "skopeo",
    insecureRegistries: [],
    defaultRegistry: "docker.io/library",
    environment: {},
  },
  prepare: "eager",
  streaming: { address: "127.0.0.1", port: 0 },
  bounds: DEFAULT_BOUNDS,
};
