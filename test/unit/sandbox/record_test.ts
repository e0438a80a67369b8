import { assert, assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import type { Change } from "../../../src/kernel/store.ts";
import {
  deleteSandboxRecord,
  parseSandboxRecord,
  parseSandboxStatus,
  putSandbox,
  putSandboxStatus,
} from "../../../src/sandbox/record.ts";
import { preparing, ready, stopped, stopping } from "../../../src/sandbox/state.ts";
import { containerConfigWith, idOf, sandboxConfigWith, sandboxRecordWith } from "../fakes.ts";

const id = idOf("a");
/** With a value for all that may be undefined, which JSON leaves out. */
const record = sandboxRecordWith({
  config: sandboxConfigWith({
    dns: { servers: ["10.0.0.1"], searches: [], options: [] },
    runAsUser: 7,
    runAsGroup: 8,
    seccomp: { type: "RuntimeDefault" },
    resources: containerConfigWith().resources,
    overhead: containerConfigWith().resources,
  }),
});
const pause = { init: { pid: 10, startTime: 1 }, supervisor: { pid: 9, startTime: 1 } };

function written(change: Change): string {
  assert(change.kind === "put");
  return change.record.value;
}

function assertDamaged(parse: () => unknown, what: string): void {
  const error = assertThrows(parse, RuntimeError, "", what);
  assertEquals([error.code, error.message], [
    "INTERNAL",
    `record of sandbox "${id}" is damaged`,
  ], what);
}

Deno.test("parseSandboxRecord() reads what putSandbox() wrote", () => {
  for (const networkList of [undefined, "slipway-net"]) {
    const change = putSandbox({ ...record, networkList });
    assert(change.kind === "put");
    assertEquals([change.record.table, change.record.id], ["sandbox", id]);
    assertEquals(parseSandboxRecord(id, change.record.value), { ...record, networkList });
  }
});

Deno.test("parseSandboxRecord() refuses a record with a part that is not as we write it", () => {
  const damages: Record<string, unknown> = {
    version: 2,
    id: idOf("b"),
    name: undefined,
    handler: 1,
    hostname: undefined,
    ownsCgroup: "false",
    cgroup: "/slipway/../system.slice",
    config: undefined,
    networkList: {},
  };
  for (const [key, value] of Object.entries(damages)) {
    const text = JSON.stringify({ ...record, [key]: value });
    assertDamaged(() => parseSandboxRecord(id, text), key);
  }
  for (const key of ["metadata", "namespaces"]) {
    const text = JSON.stringify({ ...record, config: { ...record.config, [key]: undefined } });
    assertDamaged(() => parseSandboxRecord(id, text), key);
  }
});

Deno.test("parseSandboxRecord() refuses an id that is none of ours, though both agree", () => {
  const text = written(putSandbox({ ...record, id: "../etc" }));
  const error = assertThrows(() => parseSandboxRecord("../etc", text), RuntimeError);
  assertEquals(error.code, "INTERNAL");
});

Deno.test("parseSandboxRecord() refuses what is no object", () => {
  for (const text of ["", "{", "null", "[]", "1"]) {
    assertDamaged(() => parseSandboxRecord(id, text), text);
  }
});

Deno.test("parseSandboxStatus() reads what putSandboxStatus() wrote, in every phase", () => {
  const network = { ips: ["10.0.0.2"], networkList: "{}", result: "{}" };
  const inReady = ready(preparing(100), network, pause);
  for (const status of [preparing(100), inReady, stopping(inReady), stopped(stopping(inReady))]) {
    const change = putSandboxStatus(id, status);
    assert(change.kind === "put");
    assertEquals([change.record.table, change.record.id], ["sandbox_status", id]);
    assertEquals(parseSandboxStatus(id, change.record.value), status);
  }
});

Deno.test("parseSandboxStatus() refuses a status with a part that is not as we write it", () => {
  const damages: Record<string, unknown> = {
    version: 2,
    phase: "GONE",
    createdAt: "100",
  };
  for (const [key, value] of Object.entries(damages)) {
    const text = JSON.stringify({ version: 1, ...preparing(100), [key]: value });
    assertDamaged(() => parseSandboxStatus(id, text), key);
  }
  for (const text of ["", "null", "[]"]) assertDamaged(() => parseSandboxStatus(id, text), text);
});

Deno.test("deleteSandboxRecord() forgets both the record and the status", () => {
  assertEquals(deleteSandboxRecord(id), [
    { kind: "delete", table: "sandbox", id },
    { kind: "delete", table: "sandbox_status", id },
  ]);
});
