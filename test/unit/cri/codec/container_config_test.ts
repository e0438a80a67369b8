import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";

import { containerConfigFrom } from "../../../../src/cri/codec/container_config.ts";
import {
  ContainerConfigSchema,
  MountPropagation,
  NamespaceMode,
  SecurityProfile_ProfileType as ProfileType,
  Signal,
} from "../../../../src/cri/gen/v1_pb.ts";
import { assertRefused } from "./refused.ts";

type Init = MessageInitShape<typeof ContainerConfigSchema>;

const NEEDED = { metadata: { name: "main", attempt: 1 }, image: { image: "busybox" } };

function decode(config: Init) {
  return containerConfigFrom(create(ContainerConfigSchema, { ...NEEDED, ...config } as Init));
}

function secure(securityContext: object): Init {
  return { linux: { securityContext } };
}

Deno.test("containerConfigFrom() gives what was left out its default", () => {
  const config = decode({});
  assertEquals(config.metadata, NEEDED.metadata);
  assertEquals([config.command, config.args, config.envs, config.mounts], [[], [], [], []]);
  assertEquals(config.stopSignal, undefined);
  assertEquals(config.resources.memoryLimitBytes, 0);
  assertEquals(config.security.namespaces, { network: "POD", pid: "POD", ipc: "POD" });
  assertEquals(config.security.supplementalGroupsPolicy, "Merge");
  assertEquals(config.security.seccomp, undefined);
});

Deno.test("containerConfigFrom() refuses a container that no client could look at", () => {
  const metadata = { name: "", attempt: 1 };
  assertRefused(() => decode({ metadata }), "INVALID_ARGUMENT", "name must not be empty");
});

Deno.test("containerConfigFrom() refuses what lacks metadata or an image", () => {
  const words = "container config must include metadata";
  assertRefused(() => containerConfigFrom(undefined), "INVALID_ARGUMENT", words);
  const nameless = create(ContainerConfigSchema, { image: { image: "a" } });
  assertRefused(() => containerConfigFrom(nameless), "INVALID_ARGUMENT", words);
  assertRefused(() => decode({ image: { image: "" } }), "INVALID_ARGUMENT", "image");
});

Deno.test("containerConfigFrom() reads environment values as UTF-8, to the last byte", () => {
  const value = new TextEncoder().encode("\uFEFFgrün");
  assertEquals(decode({ envs: [{ key: "A", value }] }).envs, [{ key: "A", value: "\uFEFFgrün" }]);
  const envs = [{ key: "A", value: Uint8Array.of(0x67, 0xff) }];
  assertRefused(() => decode({ envs }), "INVALID_ARGUMENT", '"A" is not UTF-8');
});

Deno.test("containerConfigFrom() checks the two sides of a mount", () => {
  const propagation = MountPropagation.PROPAGATION_BIDIRECTIONAL;
  const mount = { containerPath: "/a", hostPath: "/b", readonly: true, propagation };
  assertEquals(decode({ mounts: [mount] }).mounts, [{
    containerPath: "/a",
    hostPath: "/b",
    isReadonly: true,
    isRecursiveReadonly: false,
    propagation: "BIDIRECTIONAL",
  }]);
  const bad: [mount: object, code: "INVALID_ARGUMENT" | "UNIMPLEMENTED", words: string][] = [
    [{ ...mount, containerPath: "" }, "INVALID_ARGUMENT", "container_path"],
    [{ ...mount, hostPath: "" }, "INVALID_ARGUMENT", "is empty"],
    [{ ...mount, hostPath: "b" }, "INVALID_ARGUMENT", "not absolute"],
    [{ ...mount, hostPath: "/b\0" }, "INVALID_ARGUMENT", "zero byte"],
    [{ ...mount, propagation: 7 }, "INVALID_ARGUMENT", "propagation"],
    [{ ...mount, image: { image: "a" } }, "UNIMPLEMENTED", "image volumes"],
    [{ ...mount, uidMappings: [{ length: 1 }] }, "UNIMPLEMENTED", "id-mapped"],
  ];
  for (const [it, code, words] of bad) {
    assertRefused(() => decode({ mounts: [it] } as Init), code, words);
  }
});

Deno.test("containerConfigFrom() checks users and groups", () => {
  const { security } = decode(
    secure({ runAsUser: { value: 5n }, runAsGroup: { value: 6n }, supplementalGroups: [7n] }),
  );
  assertEquals([security.runAsUser, security.runAsGroup, security.supplementalGroups], [5, 6, [7]]);
  assertEquals(
    decode(secure({ runAsUsername: "me", runAsGroup: { value: 6n } })).security.runAsGroup,
    6,
  );
  assertRefused(
    () => decode(secure({ runAsGroup: { value: 6n } })),
    "INVALID_ARGUMENT",
    "without a user",
  );
  for (const value of [-1n, 2n ** 32n - 1n, 2n ** 40n]) {
    const context = secure({ runAsUser: { value } });
    assertRefused(() => decode(context), "INVALID_ARGUMENT", "run_as_user");
  }
});

Deno.test("containerConfigFrom() reads seccomp profiles, the deprecated way too", () => {
  const { RuntimeDefault, Unconfined, Localhost } = ProfileType;
  const cases: [context: object, expected: object | undefined][] = [
    [{ seccomp: { profileType: RuntimeDefault } }, { type: "RuntimeDefault" }],
    [{ seccomp: { profileType: Unconfined } }, { type: "Unconfined" }],
    [{ seccomp: { profileType: Localhost, localhostRef: "/p" } }, {
      type: "Localhost",
      path: "/p",
    }],
    [{ seccomp: { profileType: Localhost, localhostRef: "localhost//p" } }, {
      type: "Localhost",
      path: "/p",
    }],
    [{ seccompProfilePath: "" }, undefined],
    [{ seccompProfilePath: "runtime/default" }, { type: "RuntimeDefault" }],
    [{ seccompProfilePath: "docker/default" }, { type: "RuntimeDefault" }],
    [{ seccompProfilePath: "unconfined" }, { type: "Unconfined" }],
    [{ seccompProfilePath: "localhost//p" }, { type: "Localhost", path: "/p" }],
    [{ seccomp: { profileType: Unconfined }, seccompProfilePath: "docker/default" }, {
      type: "Unconfined",
    }],
  ];
  for (const [context, expected] of cases) {
    assertEquals(decode(secure(context)).security.seccomp, expected as never);
  }
  const bad = [
    { seccompProfilePath: "other" },
    { seccompProfilePath: "localhost/p" },
    { seccomp: { profileType: Localhost } },
    { seccomp: { profileType: 5 } },
  ];
  for (const context of bad) {
    assertRefused(() => decode(secure(context)), "INVALID_ARGUMENT", "seccomp");
  }
});

Deno.test("containerConfigFrom() passes over AppArmor's defaults and refuses a profile", () => {
  const { Unconfined, Localhost } = ProfileType;
  decode(secure({ apparmor: { profileType: Unconfined }, apparmorProfile: "runtime/default" }));
  const apparmor = { profileType: Localhost, localhostRef: "mine" };
  assertRefused(() => decode(secure({ apparmor })), "UNIMPLEMENTED", '"mine"');
  const old = secure({ apparmorProfile: "localhost/mine" });
  assertRefused(() => decode(old), "UNIMPLEMENTED", '"mine"');
});

Deno.test("containerConfigFrom() checks namespaces", () => {
  const target = { pid: NamespaceMode.TARGET, targetId: "a1" };
  assertEquals(decode(secure({ namespaceOptions: target })).security.namespaces, {
    network: "POD",
    pid: "TARGET",
    ipc: "POD",
    targetId: "a1",
  });
  const aimless = secure({ namespaceOptions: { pid: NamespaceMode.TARGET } });
  assertRefused(() => decode(aimless), "INVALID_ARGUMENT", "target_id");
  const later = secure({ namespaceOptions: { ipc: 8 } });
  assertRefused(() => decode(later), "INVALID_ARGUMENT", "namespace_options.ipc");
});

Deno.test("containerConfigFrom() checks resources", () => {
  const resources = {
    cpuQuota: -1n,
    memoryLimitInBytes: 2n ** 63n - 1n,
    oomScoreAdj: -997n,
    hugepageLimits: [{ pageSize: "2MB", limit: 2n ** 64n - 1n }],
  };
  const decoded = decode({ linux: { resources } }).resources;
  assertEquals([decoded.cpuQuota, decoded.oomScoreAdj], [-1, -997]);
  assertEquals(decoded.memoryLimitBytes, Number.MAX_SAFE_INTEGER);
  assertEquals(decoded.hugepageLimits, [
    { pageSize: "2MB", limitBytes: Number.MAX_SAFE_INTEGER },
  ]);
  for (const bad of [{ cpuShares: -1n }, { cpuPeriod: 2n ** 60n }, { oomScoreAdj: 1_001n }]) {
    assertRefused(() => decode({ linux: { resources: bad } }), "INVALID_ARGUMENT", "out of range");
  }
});

Deno.test("containerConfigFrom() takes the signals that CRI has", () => {
  assertEquals(decode({ stopSignal: Signal.SIGUSR1 }).stopSignal, "SIGUSR1");
  assertEquals(decode({ stopSignal: Signal.SIGRTMINPLUS3 }).stopSignal, "SIGRTMINPLUS3");
  assertRefused(() => decode({ stopSignal: 99 as Signal }), "INVALID_ARGUMENT", "stop_signal");
});

Deno.test("containerConfigFrom() passes on the names of CDI devices", () => {
  const CDIDevices = [{ name: "vendor.com/gpu=0" }, { name: "vendor.com/gpu=1" }];
  assertEquals(decode({ CDIDevices }).cdiDevices, ["vendor.com/gpu=0", "vendor.com/gpu=1"]);
  assertEquals(decode({}).cdiDevices, []);
});

Deno.test("containerConfigFrom() refuses what a container would miss", () => {
  const CDIDevices = [{ name: "vendor.com/gpu=0\0" }];
  assertRefused(() => decode({ CDIDevices }), "INVALID_ARGUMENT", "CDI_devices");
  assertRefused(() => decode({ command: ["a\0b"] }), "INVALID_ARGUMENT", "command");
  const devices = [{ hostPath: "null" }];
  assertRefused(() => decode({ devices }), "INVALID_ARGUMENT", "host_path");
});
