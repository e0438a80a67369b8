import { assertArrayIncludes, assertEquals, assertThrows } from "@std/assert";

import type { ContainerConfig, Mount } from "../../../src/container/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { ImageConfig } from "../../../src/image/image.ts";
import type { OciDevice, OciMount } from "../../../src/oci/runtime_spec.ts";
import { buildPauseSpec, buildSpec, type SpecInput } from "../../../src/oci/spec.ts";
import { CONTAINER_CONFIG, IMAGE_CONFIG, SANDBOX_CONFIG, SPEC_INPUT } from "./fixture.ts";

/** The input with some of its parts changed. */
function input(
  config: Partial<ContainerConfig> = {},
  image: Partial<ImageConfig> = {},
  rest: Partial<SpecInput> = {},
): SpecInput {
  return {
    ...SPEC_INPUT,
    ...rest,
    config: { ...CONTAINER_CONFIG, ...config },
    image: { ...IMAGE_CONFIG, ...image },
  };
}

function privileged(rest: Partial<SpecInput> = {}): SpecInput {
  const security = { ...CONTAINER_CONFIG.security, isPrivileged: true };
  return input({ security }, {}, { sandbox: { ...SANDBOX_CONFIG, isPrivileged: true }, ...rest });
}

function mount(containerPath: string, more: Partial<Mount> = {}): Mount {
  return {
    containerPath,
    hostPath: "/host",
    isReadonly: false,
    isRecursiveReadonly: false,
    propagation: "PRIVATE",
    ...more,
  };
}

function refusal(given: SpecInput): string {
  const error = assertThrows(() => buildSpec(given), RuntimeError);
  assertEquals(error.code, "INVALID_ARGUMENT");
  return error.message;
}

function mountAt(mounts: readonly OciMount[], destination: string): OciMount | undefined {
  return mounts.find((it) => it.destination === destination);
}

const commands: readonly (readonly [Partial<ContainerConfig>, Partial<ImageConfig>, string])[] = [
  [{ command: ["a"], args: ["b"] }, { entrypoint: ["e"], cmd: ["c"] }, "a b"],
  [{ command: ["a"], args: [] }, { entrypoint: ["e"], cmd: ["c"] }, "a"],
  [{ command: [], args: ["b"] }, { entrypoint: ["e"], cmd: ["c"] }, "e b"],
  [{ command: [], args: [] }, { entrypoint: ["e"], cmd: ["c"] }, "e c"],
  [{ command: [], args: [] }, { entrypoint: [""], cmd: ["c"] }, "c"],
  [{ command: [], args: [] }, { cmd: ["c"] }, "c"],
];

for (const [config, image, expected] of commands) {
  Deno.test(`buildSpec() runs ${expected} for ${JSON.stringify([config, image])}`, () => {
    assertEquals(buildSpec(input(config, image)).process.args.join(" "), expected);
  });
}

Deno.test("buildSpec() refuses a container without a command", () => {
  assertEquals(refusal(input({ command: [] })), "Cannot create container: no command specified");
});

Deno.test("buildSpec() lets the client's environment win over the image's, and that over defaults", () => {
  const { env } = buildSpec(input(
    { tty: true, envs: [{ key: "B", value: "client=1" }, { key: "C", value: "" }] },
    { env: ["A=image", "B=image", "TERM=dumb", "HOSTNAME", "=odd"] },
  )).process;
  assertEquals(env, [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "TERM=dumb",
    "A=image",
    "B=client=1",
    "C=",
    "HOME=/root",
  ]);
});

Deno.test("buildSpec() refuses an environment variable that cannot be one", () => {
  for (const key of ["", "A=B", "A\0"]) refusal(input({ envs: [{ key, value: "" }] }));
  refusal(input({ envs: [{ key: "A", value: "\0" }] }));
});

Deno.test("buildSpec() takes the working directory from the client, the image, or the root", () => {
  assertEquals(buildSpec(input({ workingDir: "/c" }, { workingDir: "/i" })).process.cwd, "/c");
  assertEquals(buildSpec(input({}, { workingDir: "/i" })).process.cwd, "/i");
  assertEquals(buildSpec(input()).process.cwd, "/");
});

Deno.test("buildSpec() makes the system's mounts first, in an order that hides none", () => {
  const { mounts } = buildSpec(input());
  assertEquals(mounts.map((it) => it.destination), [
    "/proc",
    "/dev",
    "/dev/pts",
    "/dev/mqueue",
    "/sys",
    "/sys/fs/cgroup",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/dev/shm",
  ]);
  assertArrayIncludes([...mountAt(mounts, "/sys")?.options ?? []], ["ro"]);
  assertEquals(mountAt(mounts, "/dev/shm")?.options, ["rbind", "rprivate", "rw"]);
});

Deno.test("buildSpec() leaves the place to the client's mounts and puts parents before children", () => {
  const mounts = [
    mount("/a/b/c/"),
    mount("/a"),
    mount("/etc/hosts"),
    mount("/sys"),
    mount("/x/../d"),
  ];
  const volumes = [{ containerPath: "/a", hostPath: "/v" }, {
    containerPath: "/w",
    hostPath: "/v",
  }];
  const built = buildSpec(input({ mounts }, {}, { volumes })).mounts;
  const binds = built.filter((it) => it.type === "bind").map((it) => it.destination);
  assertEquals(binds, [
    "/a",
    "/sys",
    "/d",
    "/w",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/dev/shm",
    "/a/b/c",
  ]);
  assertEquals(built.filter((it) => it.destination === "/sys").length, 1);
  assertEquals(mountAt(built, "/etc/hosts")?.source, "/host");
});

Deno.test("buildSpec() makes nothing below a /dev of the client's", () => {
  const { mounts } = buildSpec(input({ mounts: [mount("/dev")] }));
  const below = mounts.filter((it) => it.destination.startsWith("/dev/"));
  assertEquals(below.map((it) => it.destination), ["/dev/shm"]);
});

Deno.test("buildSpec() gives mounts their propagation, and the root the widest of them", () => {
  const mounts = [
    mount("/a", { propagation: "HOST_TO_CONTAINER", isReadonly: true }),
    mount("/b", { propagation: "BIDIRECTIONAL" }),
    mount("/c", { isReadonly: true, isRecursiveReadonly: true }),
  ];
  const spec = buildSpec(input({ mounts }));
  assertEquals(mountAt(spec.mounts, "/a")?.options, ["rbind", "rslave", "ro"]);
  assertEquals(mountAt(spec.mounts, "/b")?.options, ["rbind", "rshared", "rw"]);
  assertEquals(mountAt(spec.mounts, "/c")?.options, ["rbind", "rprivate", "rro"]);
  assertEquals(spec.linux.rootfsPropagation, "rshared");
  assertEquals(buildSpec(input({ mounts: mounts.slice(0, 1) })).linux.rootfsPropagation, "rslave");
  assertEquals(buildSpec(input()).linux.rootfsPropagation, undefined);
});

Deno.test("buildSpec() refuses mounts that contradict themselves", () => {
  refusal(input({ mounts: [mount("/a", { isRecursiveReadonly: true })] }));
  refusal(input({
    mounts: [
      mount("/a", { isReadonly: true, isRecursiveReadonly: true, propagation: "BIDIRECTIONAL" }),
    ],
  }));
  refusal(input({ mounts: [mount("/a", { hostPath: "relative" })] }));
  refusal(input({ mounts: [mount("")] }));
});

Deno.test("buildSpec() makes the sandbox's files read-only with a read-only root", () => {
  const security = { ...CONTAINER_CONFIG.security, hasReadonlyRootfs: true };
  const spec = buildSpec(input({ security }));
  assertEquals(spec.root, { path: "/run/rootfs", readonly: true });
  assertEquals(mountAt(spec.mounts, "/etc/hosts")?.options, ["rbind", "rprivate", "ro"]);
  assertEquals(mountAt(spec.mounts, "/dev/shm")?.options, ["rbind", "rprivate", "rw"]);
});

Deno.test("buildSpec() joins the pod's namespaces and lists none of the host's", () => {
  assertEquals(buildSpec(input()).linux.namespaces, [
    { type: "pid" },
    { type: "network", path: "/run/ns/net" },
    { type: "ipc", path: "/run/ns/ipc" },
    { type: "uts", path: "/run/ns/uts" },
    { type: "mount" },
    { type: "cgroup" },
  ]);
  const host = { kind: "host" } as const;
  const namespaces = { net: host, ipc: host, uts: host, pid: host };
  const hostFacts = { ...SPEC_INPUT.host, cgroupVersion: 1 } as const;
  const spec = buildSpec(input({}, {}, { namespaces, host: hostFacts }));
  assertEquals(spec.linux.namespaces, [{ type: "mount" }]);
  assertEquals(spec.hostname, undefined);
});

Deno.test("buildSpec() sets the limits that are set", () => {
  const spec = buildSpec(input({
    resources: {
      cpuPeriod: 100_000,
      cpuQuota: -1,
      cpuShares: 512,
      memoryLimitBytes: 1 << 20,
      memorySwapLimitBytes: 0,
      oomScoreAdj: 100,
      cpusetCpus: "0-1",
      cpusetMems: "0",
      hugepageLimits: [{ pageSize: "2MB", limitBytes: 2 ** 63 }],
      unified: { "memory.high": "1" },
    },
  }));
  assertEquals(spec.linux.resources, {
    devices: [{ allow: false, access: "rwm" }],
    cpu: { shares: 512, quota: -1, period: 100_000, cpus: "0-1", mems: "0" },
    memory: { limit: 1 << 20, swap: 1 << 20 },
    hugepageLimits: [{ pageSize: "2MB", limit: Number.MAX_SAFE_INTEGER }],
    unified: { "memory.high": "1" },
  });
  assertEquals(spec.process.oomScoreAdj, 100);
  const { linux } = buildSpec(input());
  assertEquals(linux.resources, { devices: [{ allow: false, access: "rwm" }] });
});

Deno.test("buildSpec() leaves out what the host has no controller for", () => {
  const host = { ...SPEC_INPUT.host, hasSwapController: false, hasHugetlbController: false };
  const resources = {
    ...CONTAINER_CONFIG.resources,
    memoryLimitBytes: 10,
    memorySwapLimitBytes: 20,
    hugepageLimits: [{ pageSize: "2MB", limitBytes: 1 }],
  };
  const { linux } = buildSpec(input({ resources }, {}, { host }));
  assertEquals(linux.resources.memory, { limit: 10 });
  assertEquals(linux.resources.hugepageLimits, undefined);
});

Deno.test("buildSpec() goes no lower with oom_score_adj than the daemon may", () => {
  const resources = { ...CONTAINER_CONFIG.resources, oomScoreAdj: -998 };
  const host = { ...SPEC_INPUT.host, oomScoreAdjMin: -5 };
  assertEquals(buildSpec(input({ resources }, {}, { host })).process.oomScoreAdj, -5);
  assertEquals(buildSpec(input({ resources })).process.oomScoreAdj, -998);
});

const NULL: OciDevice = {
  path: "/dev/x",
  type: "c",
  major: 1,
  minor: 3,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
};

Deno.test("buildSpec() permits the client's devices as it says", () => {
  const devices = [{ device: NULL, permissions: "rm" }];
  const { linux } = buildSpec(input({}, {}, { devices }));
  assertEquals(linux.devices, [NULL]);
  assertEquals(linux.resources.devices, [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 1, minor: 3, access: "rm" },
  ]);
  refusal(input({}, {}, { devices: [{ device: NULL, permissions: "x" }] }));
});

Deno.test("buildSpec() masks paths and filters system calls unless privileged", () => {
  const seccomp = { defaultAction: "SCMP_ACT_ERRNO", architectures: [], syscalls: [] };
  const paths = { maskedPaths: ["/proc/kcore"], readonlyPaths: ["/proc/sys"] };
  const security = { ...CONTAINER_CONFIG.security, ...paths, noNewPrivileges: true };
  const spec = buildSpec(input({ security }, {}, { seccomp }));
  assertEquals(spec.linux.maskedPaths, ["/proc/kcore"]);
  assertEquals(spec.linux.readonlyPaths, ["/proc/sys"]);
  assertEquals(spec.linux.seccomp, seccomp);
  assertEquals(spec.process.noNewPrivileges, true);
});

Deno.test("buildSpec() gives a privileged container all there is", () => {
  const host = { ...SPEC_INPUT.host, devices: [NULL] };
  const seccomp = { defaultAction: "SCMP_ACT_ERRNO", architectures: [], syscalls: [] };
  const spec = buildSpec(privileged({ host, seccomp }));
  assertEquals(spec.process.capabilities.bounding, host.capabilities);
  assertEquals(spec.linux.devices, [NULL]);
  assertEquals(spec.linux.resources.devices, [{ allow: true, access: "rwm" }]);
  assertEquals(spec.linux.seccomp, undefined);
  assertEquals(spec.linux.maskedPaths, []);
  assertArrayIncludes([...mountAt(spec.mounts, "/sys")?.options ?? []], ["rw"]);
  assertArrayIncludes([...mountAt(spec.mounts, "/sys/fs/cgroup")?.options ?? []], ["rw"]);
  assertEquals(spec.linux.namespaces.some((it) => it.type === "cgroup"), false);
});

Deno.test("buildSpec() refuses a privileged container in a sandbox that is not", () => {
  refusal(privileged({ sandbox: SANDBOX_CONFIG }));
});

Deno.test("buildSpec() annotates as containerd does", () => {
  assertEquals(buildSpec(input()).annotations, {
    "io.kubernetes.cri.container-type": "container",
    "io.kubernetes.cri.sandbox-id": "s1",
    "io.kubernetes.cri.sandbox-name": "pod",
    "io.kubernetes.cri.sandbox-namespace": "default",
    "io.kubernetes.cri.sandbox-uid": "u1",
    "io.kubernetes.cri.container-name": "app",
    "io.kubernetes.cri.image-name": "docker.io/library/app:latest",
  });
});

Deno.test("buildPauseSpec() may do nothing and has a PID namespace of its own", () => {
  const spec = buildPauseSpec({
    sandboxId: "s1",
    sandbox: SANDBOX_CONFIG,
    pauseProgram: "/usr/bin/catatonit",
    rootfsPath: "/run/empty",
    cgroupsPath: "/slipway/s1/pause",
    namespaces: SPEC_INPUT.namespaces,
    oomScoreAdjMin: 0,
  });
  assertEquals(spec.process.args, ["/pause", "-P"]);
  assertEquals(spec.process.capabilities.bounding, []);
  assertEquals(spec.process.noNewPrivileges, true);
  assertEquals(spec.process.oomScoreAdj, 0);
  assertEquals(spec.linux.namespaces[0], { type: "pid" });
  assertEquals(mountAt(spec.mounts, "/pause")?.source, "/usr/bin/catatonit");
});
