import { assert, assertEquals, assertFalse } from "@std/assert";

import { EventStream } from "../../../src/events.ts";
import { ObjectRegistry } from "../../../src/registry/objects.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { isReady, listSandboxes, type SandboxFilter } from "../../../src/sandbox/query.ts";
import { Sandbox } from "../../../src/sandbox/sandbox.ts";
import {
  preparing,
  ready,
  type SandboxStatus,
  stopped,
  stopping,
} from "../../../src/sandbox/state.ts";
import { SILENT } from "../../../src/telemetry.ts";
import { fakeKernel, idOf, partial, sandboxConfigWith, sandboxRecordWith } from "../fakes.ts";

const inReady = ready(preparing(1), undefined, undefined);

function sandboxWith(
  digit: string,
  status: SandboxStatus,
  labels: Record<string, string> = {},
): Sandbox {
  const record = sandboxRecordWith({ id: idOf(digit), config: sandboxConfigWith({ labels }) });
  return new Sandbox(record, status, fakeKernel({}), new EventStream(SILENT));
}

/** One sandbox a phase; c is ready, and its gate has closed; 1 could not be made, nor undone. */
function idsOf(filter: SandboxFilter): string {
  const sandboxes = new ObjectRegistry<Sandbox>("sandbox");
  const closing = sandboxWith("c", inReady, { app: "web" });
  closing.gate.close();
  const failed = sandboxWith("1", preparing(1));
  failed.gate.close();
  sandboxes.add(sandboxWith("f", preparing(1), { app: "web" }));
  sandboxes.add(sandboxWith("a", inReady, { app: "web" }));
  sandboxes.add(sandboxWith("b", inReady, { app: "api" }));
  sandboxes.add(closing);
  sandboxes.add(sandboxWith("d", stopping(inReady)));
  sandboxes.add(sandboxWith("e", stopped(stopping(inReady))));
  sandboxes.add(failed);
  const found = listSandboxes(partial<Runtime>("runtime", { sandboxes }), filter);
  return found.map((it) => it.id[0]).join("");
}

Deno.test("isReady() is over when the gate closes, before the phase is recorded", () => {
  const sandbox = sandboxWith("a", inReady);
  assert(isReady(sandbox));
  sandbox.gate.close();
  assertEquals(sandbox.status.phase, "READY");
  assertFalse(isReady(sandbox));
});

Deno.test("isReady() is false in every other phase", () => {
  for (const status of [preparing(1), stopping(inReady), stopped(stopping(inReady))]) {
    assertFalse(isReady(sandboxWith("a", status)));
  }
});

Deno.test("listSandboxes() shows all but those in the making that may still be made, oldest first", () => {
  assertEquals(idsOf({}), "abcde1");
  assertEquals(idsOf({ id: idOf("f") }), "");
});

Deno.test("listSandboxes() takes an id or a unique prefix, and shows nothing for another", () => {
  assertEquals(idsOf({ id: idOf("b") }), "b");
  assertEquals(idsOf({ id: "bb" }), "b");
  assertEquals(idsOf({ id: "9" }), "");
});

Deno.test("listSandboxes() tells those that are ready from the others", () => {
  assertEquals(idsOf({ isReady: true }), "ab");
  assertEquals(idsOf({ isReady: false }), "cde1");
});

Deno.test("listSandboxes() wants all that the filter asks for", () => {
  assertEquals(idsOf({ labels: { app: "web" } }), "ac");
  assertEquals(idsOf({ labels: { app: "web" }, isReady: true }), "a");
  assertEquals(idsOf({ id: idOf("a"), labels: { app: "api" } }), "");
});
