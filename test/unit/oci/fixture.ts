import {
  type ContainerConfig,
  type ContainerSecurity,
  NO_LIMITS,
} from "../../../src/container/config.ts";
import type { ImageConfig } from "../../../src/image/image.ts";
import { DEFAULT_CAPABILITIES } from "../../../src/oci/capabilities.ts";
import type { SpecInput } from "../../../src/oci/spec.ts";
import type { SandboxConfig } from "../../../src/sandbox/config.ts";

/** A container's security as an edge gives it when the client says nothing. */
export const SECURITY: ContainerSecurity = {
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
  maskedPaths: [],
  readonlyPaths: [],
  seccomp: undefined,
};

export const IMAGE_CONFIG: ImageConfig = {
  entrypoint: [],
  cmd: [],
  env: [],
  workingDir: "",
  user: "",
  volumes: [],
  stopSignal: "",
  labels: {},
};

export const CONTAINER_CONFIG: ContainerConfig = {
  metadata: { name: "app", attempt: 0 },
  image: { image: "app", annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
  command: ["/app"],
  args: [],
  workingDir: "",
  envs: [],
  mounts: [],
  devices: [],
  labels: {},
  annotations: {},
  logPath: "",
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: NO_LIMITS,
  security: SECURITY,
  stopSignal: undefined,
};

export const SANDBOX_CONFIG: SandboxConfig = {
  metadata: { name: "pod", namespace: "default", uid: "u1", attempt: 0 },
  hostname: "pod",
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

/** Everything that a spec is made of, for a pod with namespaces of its own. */
export const SPEC_INPUT: SpecInput = {
  sandboxId: "s1",
  config: CONTAINER_CONFIG,
  sandbox: SANDBOX_CONFIG,
  image: IMAGE_CONFIG,
  imageName: "docker.io/library/app:latest",
  user: { uid: 0, gid: 0, additionalGids: [0], home: "/root" },
  rootfsPath: "/run/rootfs",
  hostname: "pod",
  cgroupsPath: "/slipway/s1/c1",
  namespaces: {
    net: { kind: "path", path: "/run/ns/net" },
    ipc: { kind: "path", path: "/run/ns/ipc" },
    uts: { kind: "path", path: "/run/ns/uts" },
    pid: { kind: "new" },
  },
  files: {
    resolvConf: "/run/s1/resolv.conf",
    hosts: "/run/s1/hosts",
    hostname: "/run/s1/hostname",
    shm: "/run/s1/shm",
  },
  volumes: [],
  devices: [],
  seccomp: undefined,
  host: {
    cgroupVersion: 2,
    capabilities: [...DEFAULT_CAPABILITIES, "CAP_SYS_ADMIN", "CAP_NET_ADMIN"],
    oomScoreAdjMin: -1000,
    hasSwapController: true,
    hasHugetlbController: true,
    devices: [],
  },
};
