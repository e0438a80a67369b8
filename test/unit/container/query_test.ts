import { assert, assertEquals, assertFalse } from "@std/assert";

import { Container } from "../../../src/container/container.ts";
import { hasLabels, listContainers } from "../../../src/container/query.ts";
import { type ContainerStatus, created, lost } from "../../../src/container/state.ts";
import { EventStream } from "../../../src/events.ts";
import { ObjectRegistry } from "../../../src/registry/objects.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { Sandbox } from "../../../src/sandbox/sandbox.ts";
import { preparing } from "../../../src/sandbox/state.ts";
import { SILENT } from "../../../src/telemetry.ts";
import {
  containerConfigWith,
  containerRecordWith,
  fakeKernel,
  idOf,
  partial,
  sandboxRecordWith,
} from "../fakes.ts";

const pod = idOf("a");
const web = `1${idOf("0").slice(1)}`;
const api = `2${idOf("0").slice(1)}`;
const job = `21${idOf("0").slice(2)}`;

/** Two containers in a sandbox that is there, and one whose sandbox is not. */
function runtimeWithContainers(): Runtime {
  const kernel = fakeKernel({});
  const events = new EventStream(SILENT);
  const containers = new ObjectRegistry<Container>("container");
  const sandboxes = new ObjectRegistry<Sandbox>("sandbox");
  sandboxes.add(new Sandbox(sandboxRecordWith({ id: pod }), preparing(0), kernel, events));
  const add = (
    id: string,
    sandboxId: string,
    labels: Record<string, string>,
    status: ContainerStatus,
  ) => {
    const record = containerRecordWith({ id, sandboxId, config: containerConfigWith({ labels }) });
    containers.add(new Container(record, status, kernel, events));
  };
  add(web, pod, { app: "web", tier: "front" }, created(1));
  add(api, pod, { app: "api" }, lost(created(2), ""));
  add(job, idOf("b"), { app: "web" }, created(3));
  return partial<Runtime>("runtime", { containers, sandboxes });
}

function idsOf(filter: Parameters<typeof listContainers>[1]): readonly string[] {
  return listContainers(runtimeWithContainers(), filter).map((it) => it.id);
}

Deno.test("listContainers() shows everything, oldest first, when nothing is asked for", () => {
  assertEquals(idsOf({}), [web, api, job]);
  assertEquals(idsOf({ id: "", sandboxId: "", labels: {} }), [web, api, job]);
});

Deno.test("listContainers() takes an id or a unique prefix, and shows nothing for another", () => {
  assertEquals(idsOf({ id: web }), [web]);
  assertEquals(idsOf({ id: "1" }), [web]);
  assertEquals(idsOf({ id: "3" }), []);
});

Deno.test("listContainers() takes a sandbox by a prefix, or by its id when it is gone", () => {
  assertEquals(idsOf({ sandboxId: "aa" }), [web, api]);
  assertEquals(idsOf({ sandboxId: idOf("b") }), [job]);
  assertEquals(idsOf({ sandboxId: idOf("d") }), []);
});

Deno.test("listContainers() shows those in the state that is asked for", () => {
  assertEquals(idsOf({ state: "CREATED" }), [web, job]);
  assertEquals(idsOf({ state: "UNKNOWN" }), [api]);
  assertEquals(idsOf({ state: "RUNNING" }), []);
});

Deno.test("listContainers() shows those with all of the labels", () => {
  assertEquals(idsOf({ labels: { app: "web" } }), [web, job]);
  assertEquals(idsOf({ labels: { app: "web", tier: "front" } }), [web]);
});

Deno.test("listContainers() wants all that the filter asks for", () => {
  assertEquals(idsOf({ id: web, state: "CREATED", labels: { app: "web" } }), [web]);
  assertEquals(idsOf({ id: web, state: "RUNNING" }), []);
  assertEquals(idsOf({ id: web, sandboxId: idOf("b") }), []);
  assertEquals(idsOf({ id: web, labels: { app: "api" } }), []);
});

Deno.test("hasLabels() wants each label with its value, and no others", () => {
  const labels = { app: "web", empty: "" };
  assert(hasLabels(labels, undefined));
  assert(hasLabels(labels, {}));
  assert(hasLabels(labels, { app: "web" }));
  assert(hasLabels(labels, { empty: "" }));
  assertFalse(hasLabels(labels, { app: "api" }));
  assertFalse(hasLabels(labels, { app: "web", tier: "front" }));
  assertFalse(hasLabels(labels, { tier: "" }));
});

Deno.test("hasLabels() takes nothing that every object has for a label", () => {
  const inherited = { constructor: Object } as unknown as Record<string, string>;
  assertFalse(hasLabels({}, inherited));
});
