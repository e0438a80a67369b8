import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

import { Container } from "../../../src/container/container.ts";
import {
  type ContainerStatus,
  created,
  ended,
  started,
  startIntended,
} from "../../../src/container/state.ts";
import { requireTarget } from "../../../src/container/target.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { EventStream } from "../../../src/events.ts";
import { ObjectRegistry } from "../../../src/registry/objects.ts";
import type { Runtime } from "../../../src/runtime.ts";
import type { NamespaceOptions } from "../../../src/sandbox/config.ts";
import { SILENT } from "../../../src/telemetry.ts";
import { containerRecordWith, FakeClock, fakeKernel, idOf, partial } from "../fakes.ts";

const pod = idOf("a");
const id = idOf("c");
const identity = { pid: 10, startTime: 1_000 };
const running = started(startIntended(created(1), 2, identity, identity));

/** A runtime with one container, and the namespaces of one that wants to join it. */
function given(status: ContainerStatus) {
  const kernel = fakeKernel({
    clock: new FakeClock(),
    store: { commit: () => Promise.resolve() },
  });
  const record = containerRecordWith({ id, sandboxId: pod });
  const container = new Container(record, status, kernel, new EventStream(SILENT));
  const containers = new ObjectRegistry<Container>("container");
  containers.add(container);
  const runtime = partial<Runtime>("runtime", { containers });
  const namespaces: NamespaceOptions = { network: "POD", ipc: "POD", pid: "TARGET", targetId: id };
  return { runtime, container, namespaces };
}

Deno.test("requireTarget() is the container that runs in the same sandbox", () => {
  const { runtime, container, namespaces } = given(running);
  const target = requireTarget(runtime, pod, namespaces);
  assertStrictEquals(target?.container, container);
  const shortened = { ...namespaces, targetId: "cc" };
  assertStrictEquals(requireTarget(runtime, pod, shortened)?.container, container);
});

Deno.test("requireTarget() is none for the other modes, whatever the target", () => {
  const { runtime, namespaces } = given(running);
  for (const pid of ["POD", "CONTAINER", "NODE"] as const) {
    assertEquals(requireTarget(runtime, pod, { ...namespaces, pid, targetId: "?" }), undefined);
  }
});

Deno.test("requireTarget() refuses a container that is not there", () => {
  const { runtime, namespaces } = given(running);
  const error = assertThrows(
    () => requireTarget(runtime, pod, { ...namespaces, targetId: "d" }),
    RuntimeError,
  );
  assertEquals(error.code, "NOT_FOUND");
  assertEquals(error.message, 'invalid target container: container "d" does not exist');
});

Deno.test("requireTarget() refuses TARGET without a target", () => {
  const { runtime } = given(running);
  const namespaces: NamespaceOptions = { network: "POD", ipc: "POD", pid: "TARGET" };
  const error = assertThrows(() => requireTarget(runtime, pod, namespaces), RuntimeError);
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("requireTarget() refuses a container of another sandbox", () => {
  const { runtime, namespaces } = given(running);
  const error = assertThrows(() => requireTarget(runtime, idOf("b"), namespaces), RuntimeError);
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("requireTarget() refuses a container that does not run, and says its state", () => {
  const exited = ended(created(1), { exitCode: 0, reason: "", message: "", at: 2 });
  for (const status of [created(1), exited]) {
    const { runtime, namespaces } = given(status);
    const error = assertThrows(() => requireTarget(runtime, pod, namespaces), RuntimeError);
    assertEquals(error.code, "FAILED_PRECONDITION");
    assertEquals(
      error.message,
      `invalid target container: container "${id}" is not running - in state ` +
        `CONTAINER_${status.state}`,
    );
  }
});

Deno.test("Target.requireRunning() looks again: the target may have ended since", async () => {
  const { runtime, container, namespaces } = given(running);
  const target = requireTarget(runtime, pod, namespaces);
  target?.requireRunning();
  await container.transition((status) =>
    ended(status, { exitCode: 0, reason: "", message: "", at: 5 })
  );
  const error = assertThrows(() => target?.requireRunning(), RuntimeError);
  assertEquals(error.code, "FAILED_PRECONDITION");
});
