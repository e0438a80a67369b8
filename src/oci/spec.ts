import type { ContainerConfig, LinuxResources } from "../container/config.ts";
import { RuntimeError } from "../errors.ts";
import type { ImageConfig } from "../image/image.ts";
import type { SandboxConfig } from "../sandbox/config.ts";
import { containerCapabilities } from "./capabilities.ts";
import { MASKED_PATHS, READONLY_PATHS } from "./proc_paths.ts";
import type {
  OciDevice,
  OciDeviceRule,
  OciLimits,
  OciLinux,
  OciNamespace,
  OciResources,
  OciSeccomp,
  OciSpec,
} from "./runtime_spec.ts";
import { containerMounts, propagationOf } from "./spec_mounts.ts";
import type { ResolvedUser } from "./user.ts";

/** Where a container gets one of its namespaces from. */
export type NamespaceSource =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "new" }
  | { readonly kind: "host" };

export interface NamespaceSources {
  readonly net: NamespaceSource;
  readonly ipc: NamespaceSource;
  readonly uts: NamespaceSource;
  readonly pid: NamespaceSource;
}

/** What the host can give; the same for every container. */
export interface HostFacts {
  readonly cgroupVersion: 1 | 2;
  /** The daemon's own effective capabilities: nobody can be given others. */
  readonly capabilities: readonly string[];
  /**
   * The lowest oom_score_adj that a container may have: the daemon's own when it lacks
   * CAP_SYS_RESOURCE (man 5 proc), else -1000.
   */
  readonly oomScoreAdjMin: number;
  /** Whether memory.swap.max or memory.memsw.limit_in_bytes is there. */
  readonly hasSwapController: boolean;
  readonly hasHugetlbController: boolean;
  /** Every device node below /dev, for privileged containers. */
  readonly devices: readonly OciDevice[];
}

/** A device for the container, its node looked up on the host. */
export interface ContainerDevice {
  readonly device: OciDevice;
  /** Some of "r", "w", "m". */
  readonly permissions: string;
}

/** A directory of the host that stands for a volume which the image declares. */
export interface ContainerVolume {
  readonly containerPath: string;
  readonly hostPath: string;
}

/** The sandbox's files that its containers see; undefined leaves the image's own. */
export interface SandboxFiles {
  readonly resolvConf: string | undefined;
  readonly hosts: string | undefined;
  readonly hostname: string | undefined;
  /** What becomes /dev/shm: the pod's tmpfs, or the host's with the host's IPC namespace. */
  readonly shm: string | undefined;
}

export interface SpecInput {
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  readonly sandbox: SandboxConfig;
  readonly image: ImageConfig;
  /** The image's name for people, as annotated. */
  readonly imageName: string;
  readonly user: ResolvedUser;
  readonly rootfsPath: string;
  /** The pod's, or the host's on the host's network. */
  readonly hostname: string;
  readonly cgroupsPath: string;
  readonly namespaces: NamespaceSources;
  readonly files: SandboxFiles;
  /** `hostPath` of each of `config.mounts` exists, is canonical, and is shared where that is asked. */
  readonly volumes: readonly ContainerVolume[];
  readonly devices: readonly ContainerDevice[];
  /** The filter of an unprivileged container; undefined for unconfined. */
  readonly seccomp: OciSeccomp | undefined;
  readonly host: HostFacts;
}

/**
 * What a container is to its OCI runtime, as containerd makes it from the same CRI messages.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for what contradicts itself or cannot be expressed.
 */
export function buildSpec(input: SpecInput): OciSpec {
  const { config, sandbox } = input;
  const { security } = config;
  if (security.isPrivileged && !sandbox.isPrivileged) {
    throw new RuntimeError(
      "INVALID_ARGUMENT",
      "Cannot create container: it is privileged and its sandbox is not",
    );
  }
  const { bounding, ambient } = containerCapabilities(security, input.host.capabilities);
  return {
    ociVersion: OCI_VERSION,
    root: { path: input.rootfsPath, readonly: security.hasReadonlyRootfs },
    // A namespace that is joined has its name already.
    ...(input.namespaces.uts.kind === "new" ? { hostname: input.hostname } : {}),
    process: {
      terminal: config.tty,
      user: {
        uid: input.user.uid,
        gid: input.user.gid,
        additionalGids: input.user.additionalGids,
      },
      args: processArgs(config, input.image),
      env: processEnv(input),
      cwd: config.workingDir || input.image.workingDir || "/",
      capabilities: {
        bounding,
        effective: bounding,
        permitted: bounding,
        // Inheritable without ambient would let a file's own inheritable set add to an unprivileged
        // user's (CVE-2022-24769); ambient is only kept where inheritable is (man 7 capabilities).
        inheritable: ambient,
        ambient,
      },
      noNewPrivileges: security.noNewPrivileges,
      oomScoreAdj: Math.max(config.resources.oomScoreAdj, input.host.oomScoreAdjMin),
    },
    mounts: containerMounts(input),
    annotations: {
      "io.kubernetes.cri.container-type": "container",
      "io.kubernetes.cri.sandbox-id": input.sandboxId,
      "io.kubernetes.cri.sandbox-name": sandbox.metadata.name,
      "io.kubernetes.cri.sandbox-namespace": sandbox.metadata.namespace,
      "io.kubernetes.cri.sandbox-uid": sandbox.metadata.uid,
      "io.kubernetes.cri.container-name": config.metadata.name,
      "io.kubernetes.cri.image-name": input.imageName,
    },
    linux: linuxPart(input),
  };
}

/** The program of a shared PID namespace's init, inside the rootfs. */
const PAUSE = "/pause";

export interface PauseSpecInput {
  readonly sandboxId: string;
  readonly sandbox: SandboxConfig;
  /** The init of a shared PID namespace on the host (catatonit): a static program. */
  readonly pauseProgram: string;
  /** An empty directory that the OCI runtime may create mount points in. */
  readonly rootfsPath: string;
  readonly cgroupsPath: string;
  /** The pod's; `pid` is always new. */
  readonly namespaces: Omit<NamespaceSources, "pid">;
  readonly oomScoreAdjMin: number;
}

/** The init that pods with a shared PID namespace have: it waits, reaps, and may do nothing else. */
export function buildPauseSpec(input: PauseSpecInput): OciSpec {
  const { metadata } = input.sandbox;
  const none: readonly string[] = [];
  return {
    ociVersion: OCI_VERSION,
    root: { path: input.rootfsPath, readonly: true },
    process: {
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [0] },
      args: [PAUSE, "-P"],
      env: [DEFAULT_PATH],
      cwd: "/",
      capabilities: {
        bounding: none,
        effective: none,
        permitted: none,
        inheritable: none,
        ambient: none,
      },
      noNewPrivileges: true,
      // As low as a pod's pause container has it in Kubernetes: it goes last.
      oomScoreAdj: Math.max(-998, input.oomScoreAdjMin),
    },
    mounts: [
      mountOf("proc", "/proc", "proc", ["nosuid", "noexec", "nodev"]),
      mountOf("tmpfs", "/dev", "tmpfs", ["nosuid", "noexec", "mode=755", "size=64k"]),
      mountOf("bind", PAUSE, input.pauseProgram, ["bind", "rprivate", "ro", "nosuid", "nodev"]),
    ],
    annotations: {
      "io.kubernetes.cri.container-type": "sandbox",
      "io.kubernetes.cri.sandbox-id": input.sandboxId,
      "io.kubernetes.cri.sandbox-name": metadata.name,
      "io.kubernetes.cri.sandbox-namespace": metadata.namespace,
      "io.kubernetes.cri.sandbox-uid": metadata.uid,
      "io.kubernetes.cri.sandbox-log-directory": input.sandbox.logDirectory,
    },
    linux: {
      cgroupsPath: input.cgroupsPath,
      namespaces: namespacesOf({ ...input.namespaces, pid: { kind: "new" } }, false),
      resources: { devices: [NO_DEVICES], cpu: { shares: 2 } },
      devices: [],
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
    },
  };
}

const OCI_VERSION = "1.0.2";
const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NO_DEVICES: OciDeviceRule = { allow: false, access: "rwm" };

/**
 * The client's command replaces the image's entrypoint and its command; the client's args replace the
 * command alone (Kubernetes, "Define a Command and Arguments for a Container").
 */
function processArgs(config: ContainerConfig, image: ImageConfig): readonly string[] {
  const command = config.command.length > 0 ? config.command : image.entrypoint;
  const rest = config.args.length > 0 || config.command.length > 0 ? config.args : image.cmd;
  // An entrypoint of one empty word is how an image clears its base's.
  const args = [...(command.length === 1 && command[0] === "" ? [] : command), ...rest];
  if (args.length === 0) {
    throw new RuntimeError("INVALID_ARGUMENT", "Cannot create container: no command specified");
  }
  return args;
}

/**
 * Defaults first, then the image's, then the client's; a later value takes the place of an earlier
 * one. An image's entry without a "=" unsets.
 */
function processEnv(input: SpecInput): readonly string[] {
  const env = new Map<string, string>();
  const set = (entry: string) => {
    const split = entry.indexOf("=");
    if (split === -1) env.delete(entry);
    else if (split > 0) env.set(entry.slice(0, split), entry.slice(split + 1));
  };
  set(DEFAULT_PATH);
  if (input.config.tty) set("TERM=xterm");
  set(`HOSTNAME=${input.hostname}`);
  input.image.env.forEach(set);
  for (const { key, value } of input.config.envs) {
    if (key === "" || key.includes("=") || key.includes("\0") || value.includes("\0")) {
      throw new RuntimeError(
        "INVALID_ARGUMENT",
        `Cannot create container: environment variable ${JSON.stringify(key)} is malformed`,
      );
    }
    env.set(key, value);
  }
  if (!env.has("HOME")) env.set("HOME", input.user.home);
  return [...env].map(([key, value]) => `${key}=${value}`);
}

function linuxPart(input: SpecInput): OciLinux {
  const { security } = input.config;
  const { host } = input;
  const rootfsPropagation = propagationOf(input.config.mounts);
  // A cgroup namespace hides the host's groups; version 1 and privileged containers do without one for
  // compatibility, as in containerd.
  const hasCgroupNamespace = host.cgroupVersion === 2 && !security.isPrivileged;
  return {
    cgroupsPath: input.cgroupsPath,
    namespaces: namespacesOf(input.namespaces, hasCgroupNamespace),
    resources: resourcesOf(input),
    devices: devicesOf(input),
    ...(rootfsPropagation === undefined ? {} : { rootfsPropagation }),
    ...(input.seccomp === undefined || security.isPrivileged ? {} : { seccomp: input.seccomp }),
    maskedPaths: security.isPrivileged ? [] : security.maskedPaths,
    readonlyPaths: security.isPrivileged ? [] : security.readonlyPaths,
  };
}

function namespacesOf(
  sources: NamespaceSources,
  hasCgroupNamespace: boolean,
): readonly OciNamespace[] {
  const pairs = [
    ["pid", sources.pid],
    ["network", sources.net],
    ["ipc", sources.ipc],
    ["uts", sources.uts],
  ] as const;
  return [
    ...pairs.flatMap(([type, source]): readonly OciNamespace[] => {
      // A namespace that is not listed is the runtime's own, hence the host's.
      if (source.kind === "host") return [];
      return [source.kind === "new" ? { type } : { type, path: source.path }];
    }),
    { type: "mount" },
    ...(hasCgroupNamespace ? [{ type: "cgroup" } as const] : []),
  ];
}

function devicesOf(input: SpecInput): readonly OciDevice[] {
  const byPath = new Map<string, OciDevice>();
  if (input.config.security.isPrivileged) {
    for (const device of input.host.devices) byPath.set(device.path, device);
  }
  for (const { device } of input.devices) byPath.set(device.path, device);
  return [...byPath.values()];
}

/**
 * Limits, as far as they are set. All devices are forbidden but the client's; the runtime adds its
 * own harmless ones (/dev/null and the like).
 *
 * @throws {RuntimeError} INVALID_ARGUMENT.
 */
function resourcesOf(input: SpecInput): OciResources {
  const devices = input.config.security.isPrivileged
    ? [{ allow: true, access: "rwm" }]
    : [NO_DEVICES, ...input.devices.map(deviceRule)];
  return { devices, ...limitsOf(input.config.resources, input.host) };
}

/** The part of `linux.resources` that a client may change later: everything but the devices. */
export function limitsOf(
  resources: LinuxResources,
  host: Pick<HostFacts, "hasSwapController" | "hasHugetlbController">,
): OciLimits {
  const { hugepageLimits, unified } = resources;
  // Above this JSON would round the number, perhaps past what the runtime can read.
  const bounded = (bytes: number) => Math.min(bytes, Number.MAX_SAFE_INTEGER);
  const memoryLimitBytes = bounded(resources.memoryLimitBytes);
  const memorySwapLimitBytes = bounded(resources.memorySwapLimitBytes);
  // Without a word about swap there shall be none: memory and memory plus swap are the same then.
  const swap = host.hasSwapController ? memorySwapLimitBytes || memoryLimitBytes : 0;
  const cpu = {
    ...(resources.cpuShares === 0 ? {} : { shares: resources.cpuShares }),
    ...(resources.cpuQuota === 0 ? {} : { quota: resources.cpuQuota }),
    ...(resources.cpuPeriod === 0 ? {} : { period: resources.cpuPeriod }),
    ...(resources.cpusetCpus === "" ? {} : { cpus: resources.cpusetCpus }),
    ...(resources.cpusetMems === "" ? {} : { mems: resources.cpusetMems }),
  };
  const memory = {
    ...(memoryLimitBytes === 0 ? {} : { limit: memoryLimitBytes }),
    ...(swap === 0 ? {} : { swap }),
  };
  const hugepages = host.hasHugetlbController ? hugepageLimits : [];
  return {
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...(Object.keys(memory).length === 0 ? {} : { memory }),
    ...(hugepages.length === 0 ? {} : {
      hugepageLimits: hugepages.map((it) => ({
        pageSize: it.pageSize,
        limit: bounded(it.limitBytes),
      })),
    }),
    ...(Object.keys(unified).length === 0 ? {} : { unified }),
  };
}

/** A container's spec with other limits; its devices stay. */
export function withLimits(spec: OciSpec, limits: OciLimits): OciSpec {
  const { devices } = spec.linux.resources;
  return { ...spec, linux: { ...spec.linux, resources: { devices, ...limits } } };
}

function deviceRule({ device, permissions }: ContainerDevice): OciDeviceRule {
  if (!/^[rwm]{1,3}$/.test(permissions)) {
    throw new RuntimeError(
      "INVALID_ARGUMENT",
      `Cannot create container: permissions ${JSON.stringify(permissions)} of device ` +
        `${JSON.stringify(device.path)} are malformed`,
    );
  }
  const { type, major, minor } = device;
  return { allow: true, type, major, minor, access: permissions };
}

function mountOf(type: string, destination: string, source: string, options: readonly string[]) {
  return { destination, type, source, options };
}
