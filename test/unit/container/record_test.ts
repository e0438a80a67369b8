import { assert, assertEquals, assertThrows } from "@std/assert";

import {
  deleteContainerRecord,
  parseContainerRecord,
  parseContainerStatus,
  putContainer,
  putContainerStatus,
} from "../../../src/container/record.ts";
import {
  created,
  ended,
  started,
  startIntended,
  stopRequested,
  updated,
  updateIntended,
} from "../../../src/container/state.ts";
import { NO_LIMITS } from "../../../src/container/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Change } from "../../../src/kernel/store.ts";
import { containerConfigWith, containerRecordWith, idOf } from "../fakes.ts";

const id = idOf("c");
const plain = containerConfigWith();
/** With a value for all that may be undefined, which JSON leaves out. */
const record = containerRecordWith({
  config: {
    ...plain,
    security: {
      ...plain.security,
      runAsUser: 7,
      runAsGroup: 8,
      seccomp: { type: "Localhost", path: "/profile.json" },
    },
    stopSignal: "SIGUSR1",
  },
});
const identity = { pid: 10, startTime: 1_000 };

function written(change: Change): string {
  assert(change.kind === "put");
  return change.record.value;
}

function assertDamaged(parse: () => unknown, what: string): void {
  const error = assertThrows(parse, RuntimeError, "", what);
  assertEquals([error.code, error.message], [
    "INTERNAL",
    `record of container "${id}" is damaged`,
  ], what);
}

Deno.test("parseContainerRecord() reads what putContainer() wrote", () => {
  const change = putContainer(record);
  assert(change.kind === "put");
  assertEquals([change.record.table, change.record.id], ["container", id]);
  assertEquals(parseContainerRecord(id, change.record.value), record);
});

Deno.test("parseContainerRecord() refuses a record with a part that is not as we write it", () => {
  const damages: Record<string, unknown> = {
    version: 2,
    id: idOf("d"),
    name: 1,
    sandboxId: "../etc",
    logPath: undefined,
    stopSignal: 15,
    handler: undefined,
    cgroup: "/slipway/../system.slice",
    image: { ...record.image, layers: "sha256:2" },
    user: { gid: 0 },
    config: undefined,
  };
  for (const [key, value] of Object.entries(damages)) {
    const text = JSON.stringify({ ...record, [key]: value });
    assertDamaged(() => parseContainerRecord(id, text), key);
  }
});

Deno.test("parseContainerRecord() refuses an incomplete image", () => {
  for (const image of [undefined, null, {}, { id: "1", reference: "1", layers: ["sha256:2", 1] }]) {
    const text = JSON.stringify({ ...record, image });
    assertDamaged(() => parseContainerRecord(id, text), JSON.stringify(image));
  }
});

Deno.test("parseContainerRecord() refuses a configuration without what a start needs", () => {
  for (const key of ["security", "resources"]) {
    const text = JSON.stringify({ ...record, config: { ...record.config, [key]: undefined } });
    assertDamaged(() => parseContainerRecord(id, text), key);
  }
});

Deno.test("parseContainerRecord() refuses an id that is none of ours, though both agree", () => {
  const text = written(putContainer({ ...record, id: "../etc" }));
  const error = assertThrows(() => parseContainerRecord("../etc", text), RuntimeError);
  assertEquals(error.code, "INTERNAL");
});

Deno.test("parseContainerRecord() refuses what is no object", () => {
  for (const text of ["", "{", "null", "[]", "1"]) {
    assertDamaged(() => parseContainerRecord(id, text), text);
  }
});

Deno.test("parseContainerStatus() reads what putContainerStatus() wrote, in every state", () => {
  const running = stopRequested(
    started(startIntended(created(100), 200, identity, identity)),
    15,
    400,
  );
  const exited = ended(running, { exitCode: 0, reason: "", message: "", at: 500 });
  const limited = updateIntended(updated(running, NO_LIMITS), { ...NO_LIMITS, cpuShares: 2 });
  for (const status of [created(100), running, exited, limited]) {
    const change = putContainerStatus(id, status);
    assert(change.kind === "put");
    assertEquals([change.record.table, change.record.id], ["container_status", id]);
    const read = parseContainerStatus(id, change.record.value);
    assertEquals(read, status);
    assertEquals(Object.keys(read).toSorted(), Object.keys(status).toSorted());
  }
});

Deno.test("parseContainerStatus() refuses a status with a part that is not as we write it", () => {
  const status = created(100);
  const damages: Record<string, unknown> = {
    version: 2,
    state: "PAUSED",
    createdAt: "100",
    startIntentAt: undefined,
    startedAt: 0.5,
    finishedAt: null,
    exitCode: "0",
    reason: undefined,
    message: 1,
    isRemoving: "false",
    resources: {},
    resourcesIntended: null,
  };
  for (const [key, value] of Object.entries(damages)) {
    const text = JSON.stringify({ version: 1, ...status, [key]: value });
    assertDamaged(() => parseContainerStatus(id, text), key);
  }
  for (const text of ["", "null", "[]"]) assertDamaged(() => parseContainerStatus(id, text), text);
});

Deno.test("parseContainerStatus() reads a status from before there were updates", () => {
  const { resources: _, resourcesIntended: __, ...old } = created(100);
  const text = JSON.stringify({ version: 1, ...old });
  assertEquals(parseContainerStatus(id, text), created(100));
});

Deno.test("deleteContainerRecord() forgets both the record and the status", () => {
  assertEquals(deleteContainerRecord(id), [
    { kind: "delete", table: "container", id },
    { kind: "delete", table: "container_status", id },
  ]);
});
