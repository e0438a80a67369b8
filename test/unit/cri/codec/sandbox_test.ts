import { create } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";

import { sandboxStatusMessage } from "../../../../src/cri/codec/sandbox.ts";
import {
  NamespaceMode,
  PodSandboxState,
  PodSandboxStatusSchema,
} from "../../../../src/cri/gen/v1_pb.ts";
import { EventStream } from "../../../../src/events.ts";
import { Sandbox } from "../../../../src/sandbox/sandbox.ts";
import { preparing, type SandboxStatus } from "../../../../src/sandbox/state.ts";
import { SILENT } from "../../../../src/telemetry.ts";
import { fakeKernel, sandboxConfigWith, sandboxRecordWith } from "../../fakes.ts";

const NETWORK = { ips: ["10.0.0.2", "fd00::2"], networkList: "{}", result: "{}" };

function sandbox(status: Partial<SandboxStatus>): Sandbox {
  const namespaces = { network: "POD", pid: "CONTAINER", ipc: "NODE" } as const;
  const record = sandboxRecordWith({ config: sandboxConfigWith({ namespaces }) });
  const whole = { ...preparing(5), ...status };
  return new Sandbox(record, whole, fakeKernel({}), new EventStream(SILENT));
}

function statusOf(it: Sandbox) {
  return create(PodSandboxStatusSchema, sandboxStatusMessage(it));
}

Deno.test("sandboxStatusMessage() has the primary address, then the others", () => {
  const status = statusOf(sandbox({ phase: "READY", network: NETWORK }));
  assertEquals([status.state, status.createdAt], [PodSandboxState.SANDBOX_READY, 5_000n]);
  assertEquals(status.network?.ip, "10.0.0.2");
  assertEquals(status.network?.additionalIps.map((it) => it.ip), ["fd00::2"]);
});

Deno.test("sandboxStatusMessage() has no address once the network is gone", () => {
  const status = statusOf(sandbox({ phase: "STOPPED", network: NETWORK }));
  assertEquals([status.state, status.network?.ip], [PodSandboxState.SANDBOX_NOTREADY, ""]);
});

Deno.test("sandboxStatusMessage() is not ready from the moment its gate is closed", () => {
  const it = sandbox({ phase: "READY" });
  it.gate.close();
  assertEquals(statusOf(it).state, PodSandboxState.SANDBOX_NOTREADY);
});

Deno.test("sandboxStatusMessage() says whose namespaces are used", () => {
  const { options } = statusOf(sandbox({ phase: "READY" })).linux?.namespaces ?? {};
  assertEquals([options?.network, options?.pid, options?.ipc], [
    NamespaceMode.POD,
    NamespaceMode.CONTAINER,
    NamespaceMode.NODE,
  ]);
});
