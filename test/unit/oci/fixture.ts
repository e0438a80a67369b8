import {
  type ContainerConfig,
  type ContainerSecurity,
  DEFAULT_CONTAINER,
  DEFAULT_SECURITY,
} from "../../../src/container/config.ts";
import type { ImageConfig } from "../../../src/image/image.ts";
import { DEFAULT_CAPABILITIES } from "../../../src/oci/capabilities.ts";
import type { SpecInput } from "../../../src/oci/spec.ts";
import { DEFAULT_SANDBOX, type SandboxConfig } from "../../../src/sandbox/config.ts";

/** A container's security as an edge gives it when the client says nothing. */
export const SECURITY: ContainerSecurity = {
  ...DEFAULT_SECURITY,
  maskedPaths: [],
  readonlyPaths: [],
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
  ...DEFAULT_CONTAINER,
  metadata: { name: "app", attempt: 0 },
  image: { image: "app", annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
  command: ["/app"],
  security: SECURITY,
};

export const SANDBOX_CONFIG: SandboxConfig = {
  ...DEFAULT_SANDBOX,
  metadata: { name: "pod", namespace: "default", uid: "u1", attempt: 0 },
  hostname: "pod",
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
