import { assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { runtimeConfigOf } from "../../../src/network/runtime_config.ts";
import { SANDBOX_CONFIG } from "../oci/fixture.ts";

Deno.test("runtimeConfigOf() says what a pod has", () => {
  const dns = { servers: ["10.0.0.1"], searches: ["a.example"], options: ["ndots:2"] };
  const annotations = {
    "kubernetes.io/ingress-bandwidth": "10M",
    "kubernetes.io/egress-bandwidth": "1.5Mi",
  };
  const config = runtimeConfigOf({
    ...SANDBOX_CONFIG,
    dns,
    annotations,
    cgroupParent: "/kubepods/pod1",
    portMappings: [
      { protocol: "SCTP", containerPort: 1, hostPort: 2, hostIp: "10.0.0.1" },
      { protocol: "TCP", containerPort: 3, hostPort: 0, hostIp: "" },
    ],
  });
  assertEquals(config, {
    portMappings: [{ hostPort: 2, containerPort: 1, protocol: "sctp", hostIP: "10.0.0.1" }],
    dns,
    bandwidth: {
      ingressRate: 10_000_000,
      ingressBurst: 0xffff_ffff,
      egressRate: 1_572_864,
      egressBurst: 0xffff_ffff,
    },
    cgroupPath: "/kubepods/pod1",
    "io.kubernetes.cri.pod-annotations": annotations,
  });
});

Deno.test("runtimeConfigOf() refuses a bandwidth that is none", () => {
  for (const rate of ["", "fast", "-1M", "1", "2P", "10m"]) {
    const annotations = { "kubernetes.io/ingress-bandwidth": rate };
    assertThrows(() => runtimeConfigOf({ ...SANDBOX_CONFIG, annotations }), RuntimeError);
  }
});
