import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";

import { sandboxConfigFrom } from "../../../../src/cri/codec/sandbox_config.ts";
import { NamespaceMode, PodSandboxConfigSchema, Protocol } from "../../../../src/cri/gen/v1_pb.ts";
import { assertRefused } from "./refused.ts";

const METADATA = { name: "pod", namespace: "default", uid: "1", attempt: 2 };

function decode(config: MessageInitShape<typeof PodSandboxConfigSchema>) {
  return sandboxConfigFrom(
    create(PodSandboxConfigSchema, { metadata: METADATA, ...config } as typeof config),
  );
}

Deno.test("sandboxConfigFrom() gives what was left out its default", () => {
  assertEquals(decode({}), {
    metadata: METADATA,
    hostname: "",
    logDirectory: "",
    dns: undefined,
    portMappings: [],
    labels: {},
    annotations: {},
    cgroupParent: "",
    sysctls: {},
    namespaces: { network: "POD", pid: "POD", ipc: "POD" },
    isPrivileged: false,
    runAsUser: undefined,
    runAsGroup: undefined,
    supplementalGroups: [],
    hasReadonlyRootfs: false,
    seccomp: undefined,
    resources: undefined,
    overhead: undefined,
  });
});

Deno.test("sandboxConfigFrom() takes what is there", () => {
  const config = decode({
    hostname: "host",
    logDirectory: "/var/log/pods/1",
    dnsConfig: { servers: ["10.0.0.1"], searches: ["local"], options: ["ndots:5"] },
    portMappings: [{ protocol: Protocol.UDP, containerPort: 53, hostPort: 5353, hostIp: "::1" }],
    labels: { a: "1" },
    linux: {
      cgroupParent: "kubepods/pod1/",
      sysctls: { "net.core.somaxconn": "1" },
      securityContext: {
        namespaceOptions: { network: NamespaceMode.NODE },
        privileged: true,
        runAsUser: { value: 0n },
        supplementalGroups: [7n],
      },
      resources: { cpuShares: 2n },
    },
  });
  assertEquals(config.dns, { servers: ["10.0.0.1"], searches: ["local"], options: ["ndots:5"] });
  assertEquals(config.portMappings, [
    { protocol: "UDP", containerPort: 53, hostPort: 5353, hostIp: "::1" },
  ]);
  assertEquals(config.cgroupParent, "/kubepods/pod1");
  assertEquals(config.namespaces.network, "NODE");
  assertEquals([config.isPrivileged, config.runAsUser], [true, 0]);
  assertEquals([config.supplementalGroups, config.resources?.cpuShares], [[7], 2]);
});

Deno.test("sandboxConfigFrom() refuses what has no metadata", () => {
  const words = "sandbox config must include metadata";
  assertRefused(() => sandboxConfigFrom(undefined), "INVALID_ARGUMENT", words);
  const nameless = create(PodSandboxConfigSchema);
  assertRefused(() => sandboxConfigFrom(nameless), "INVALID_ARGUMENT", words);
});

Deno.test("sandboxConfigFrom() refuses a pod that no client could look at", () => {
  for (const part of ["name", "namespace", "uid"]) {
    const metadata = { ...METADATA, [part]: "" };
    assertRefused(() => decode({ metadata }), "INVALID_ARGUMENT", `${part} must not be empty`);
  }
});

Deno.test("sandboxConfigFrom() refuses paths that mean nothing to it", () => {
  assertRefused(() => decode({ logDirectory: "logs" }), "INVALID_ARGUMENT", "log_directory");
  const linux = { cgroupParent: "kubepods.slice" };
  assertRefused(() => decode({ linux }), "INVALID_ARGUMENT", "systemd");
});

Deno.test("sandboxConfigFrom() refuses a hostname that Linux would cut", () => {
  for (const hostname of ["a".repeat(65), "ä".repeat(33), "a\nb", "a\0b"]) {
    assertRefused(() => decode({ hostname }), "INVALID_ARGUMENT", "hostname");
  }
});

Deno.test("sandboxConfigFrom() takes a hostname of 64 bytes", () => {
  for (const hostname of ["a".repeat(64), "ä".repeat(32)]) {
    assertEquals(decode({ hostname }).hostname, hostname);
  }
});

Deno.test("sandboxConfigFrom() keeps a cgroup below the root", () => {
  assertEquals(decode({ linux: { cgroupParent: "/../../a" } }).cgroupParent, "/a");
});

Deno.test("sandboxConfigFrom() refuses ports that there are not", () => {
  for (const containerPort of [-1, 0, 65_536]) {
    const portMappings = [{ containerPort, hostPort: 80 }];
    assertRefused(() => decode({ portMappings }), "INVALID_ARGUMENT", "container_port");
  }
  for (const hostPort of [-1, 65_536]) {
    const portMappings = [{ containerPort: 80, hostPort }];
    assertRefused(() => decode({ portMappings }), "INVALID_ARGUMENT", "host_port");
  }
});

Deno.test("sandboxConfigFrom() takes a port that is not published on the host", () => {
  const { portMappings } = decode({ portMappings: [{ containerPort: 80 }] });
  assertEquals(portMappings, [{ protocol: "TCP", containerPort: 80, hostPort: 0, hostIp: "" }]);
});

Deno.test("sandboxConfigFrom() refuses a user namespace of the pod's own", () => {
  const usernsOptions = { mode: NamespaceMode.POD };
  const linux = { securityContext: { namespaceOptions: { usernsOptions } } };
  assertRefused(() => decode({ linux }), "UNIMPLEMENTED", "user namespaces");
  const node = { usernsOptions: { mode: NamespaceMode.NODE } };
  decode({ linux: { securityContext: { namespaceOptions: node } } });
});
