import { create } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";

import { containerFilterFrom, sandboxFilterFrom } from "../../../../src/cri/codec/filters.ts";
import {
  ContainerFilterSchema,
  ContainerState,
  PodSandboxFilterSchema,
  PodSandboxState,
} from "../../../../src/cri/gen/v1_pb.ts";
import { assertRefused } from "./refused.ts";

Deno.test("filters that say nothing match everything", () => {
  assertEquals([containerFilterFrom(undefined), sandboxFilterFrom(undefined)], [{}, {}]);
  assertEquals(containerFilterFrom(create(ContainerFilterSchema)), { labels: {} });
});

Deno.test("containerFilterFrom() takes each condition, the state of number 0 too", () => {
  const message = create(ContainerFilterSchema, {
    id: "a",
    podSandboxId: "b",
    state: { state: ContainerState.CONTAINER_CREATED },
    labelSelector: { x: "1" },
  });
  assertEquals(containerFilterFrom(message), {
    id: "a",
    sandboxId: "b",
    state: "CREATED",
    labels: { x: "1" },
  });
});

Deno.test("sandboxFilterFrom() takes each condition", () => {
  const states = [[PodSandboxState.SANDBOX_READY, true], [PodSandboxState.SANDBOX_NOTREADY, false]];
  for (const [state, isReady] of states as [PodSandboxState, boolean][]) {
    const message = create(PodSandboxFilterSchema, { id: "a", state: { state } });
    assertEquals(sandboxFilterFrom(message), { id: "a", isReady, labels: {} });
  }
});

Deno.test("filters refuse states that there are not", () => {
  const message = create(ContainerFilterSchema, { state: { state: 9 as ContainerState } });
  assertRefused(() => containerFilterFrom(message), "INVALID_ARGUMENT", "filter.state");
});
