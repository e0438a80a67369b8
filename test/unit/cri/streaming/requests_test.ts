import { create } from "@bufbuild/protobuf";
import { assertEquals, assertThrows } from "@std/assert";

import {
  AttachRequestSchema,
  ExecRequestSchema,
  PortForwardRequestSchema,
} from "../../../../src/cri/gen/v1_pb.ts";
import {
  attachRequestFrom,
  execRequestFrom,
  portsRequestFrom,
} from "../../../../src/cri/streaming/requests.ts";
import { RuntimeError } from "../../../../src/errors.ts";

Deno.test("execRequestFrom() takes a command and the streams that it is to have", () => {
  const message = { containerId: "a1b2", cmd: ["sh", "-c", "true"], stdin: true, tty: true };
  assertEquals(execRequestFrom(create(ExecRequestSchema, message)), {
    kind: "exec",
    containerId: "a1b2",
    command: ["sh", "-c", "true"],
    stdin: true,
    stdout: false,
    stderr: false,
    tty: true,
  });
});

Deno.test("execRequestFrom() and attachRequestFrom() refuse what Kubernetes refuses", () => {
  const good = { containerId: "a1b2", stdout: true };
  const refused = [
    [{ ...good, tty: true, stderr: true }, "tty and stderr cannot both be true"],
    [{ ...good, stdout: false }, "one of stdin, stdout, or stderr must be set"],
    [{ ...good, containerId: "" }, "missing required container_id"],
  ] as const;
  attachRequestFrom(create(AttachRequestSchema, good));
  for (const [message, reason] of refused) {
    for (
      const call of [
        () => attachRequestFrom(create(AttachRequestSchema, message)),
        () => execRequestFrom(create(ExecRequestSchema, { ...message, cmd: ["true"] })),
      ]
    ) {
      assertEquals(assertThrows(call, RuntimeError, reason).code, "INVALID_ARGUMENT");
    }
  }
  const noCommand = () => execRequestFrom(create(ExecRequestSchema, good));
  assertEquals(assertThrows(noCommand, RuntimeError, "cmd").code, "INVALID_ARGUMENT");
});

Deno.test("portsRequestFrom() takes ports that TCP has", () => {
  const from = (podSandboxId: string, ...port: number[]) =>
    portsRequestFrom(create(PortForwardRequestSchema, { podSandboxId, port }));
  assertEquals(from("pod1", 1, 65_535).ports, [1, 65_535]);
  assertEquals(from("pod1").ports, []);
  for (const port of [0, -1, 65_536]) {
    assertEquals(
      assertThrows(() => from("pod1", 80, port), RuntimeError).code,
      "INVALID_ARGUMENT",
    );
  }
  assertThrows(() => from("", 80), RuntimeError, "pod_sandbox_id");
});
