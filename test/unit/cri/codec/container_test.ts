import { create } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";

import { NO_LIMITS } from "../../../../src/container/config.ts";
import { Container } from "../../../../src/container/container.ts";
import { type ContainerStatus, created } from "../../../../src/container/state.ts";
import { containerMessage, containerStatusMessage } from "../../../../src/cri/codec/container.ts";
import {
  ContainerSchema,
  ContainerState,
  ContainerStatusSchema,
  Signal,
} from "../../../../src/cri/gen/v1_pb.ts";
import { EventStream } from "../../../../src/events.ts";
import type { Image } from "../../../../src/image/image.ts";
import { SILENT } from "../../../../src/telemetry.ts";
import { containerRecordWith, fakeKernel } from "../../fakes.ts";

function container(
  status: Partial<ContainerStatus> = {},
  record: Parameters<typeof containerRecordWith>[0] = {},
): Container {
  return new Container(
    containerRecordWith(record),
    { ...created(1_000), ...status },
    fakeKernel({}),
    new EventStream(SILENT),
  );
}

function statusOf(it: Container, image?: Image) {
  return create(ContainerStatusSchema, containerStatusMessage(it, image));
}

Deno.test("containerStatusMessage() has times in nanoseconds, 0 for what has not come", () => {
  const { state, createdAt, startedAt, finishedAt } = statusOf(container());
  assertEquals(state, ContainerState.CONTAINER_CREATED);
  assertEquals([createdAt, startedAt, finishedAt], [1_000_000n, 0n, 0n]);
});

Deno.test("containerStatusMessage() says why a container ended", () => {
  const reasons = [[0, "", "Completed"], [7, "", "Error"], [
    137,
    "OOMKilled",
    "OOMKilled",
  ]] as const;
  for (const [exitCode, reason, shown] of reasons) {
    const status = statusOf(container({ state: "EXITED", exitCode, reason }));
    assertEquals([status.state, status.exitCode, status.reason], [
      ContainerState.CONTAINER_EXITED,
      exitCode,
      shown,
    ]);
  }
});

Deno.test("containerStatusMessage() names the image as it is named by now", () => {
  const image = { tags: ["docker.io/library/busybox:2"], digests: ["busybox@sha256:9"] } as
    & Partial<Image>
    & object as Image;
  const here = statusOf(container(), image);
  assertEquals([here.image?.image, here.imageRef], [image.tags[0], image.digests[0]]);
  const gone = statusOf(container());
  assertEquals([gone.image?.image, gone.imageRef], ["busybox", "busybox@sha256:1"]);
  assertEquals([here.imageId, gone.imageId], ["sha256:1", "sha256:1"]);
});

Deno.test("containerStatusMessage() shows a log path only where there is a log", () => {
  assertEquals(statusOf(container()).logPath, "");
  assertEquals(statusOf(container({}, { logPath: "/var/log/a" })).logPath, "/var/log/a");
});

Deno.test("containerStatusMessage() has the stop signal as CRI spells it", () => {
  const signals: [stopSignal: string, shown: Signal][] = [
    ["", Signal.SIGTERM],
    ["SIGUSR1", Signal.SIGUSR1],
    ["9", Signal.SIGKILL],
    ["SIGRTMIN+3", Signal.SIGRTMINPLUS3],
  ];
  for (const [stopSignal, shown] of signals) {
    assertEquals(statusOf(container({}, { stopSignal })).stopSignal, shown);
  }
});

Deno.test("containerStatusMessage() has the limits as they are by now", () => {
  const memoryOf = (it: Container) => statusOf(it).resources?.linux?.memoryLimitInBytes;
  const resources = { ...NO_LIMITS, memoryLimitBytes: 64 };
  const resourcesIntended = { ...NO_LIMITS, memoryLimitBytes: 128 };
  assertEquals(memoryOf(container()), 0n);
  assertEquals(memoryOf(container({ resources, resourcesIntended })), 64n);
});

Deno.test("containerMessage() shows what lists show", () => {
  const message = create(ContainerSchema, containerMessage(container({ state: "UNKNOWN" })));
  assertEquals(message.state, ContainerState.CONTAINER_UNKNOWN);
  assertEquals([message.metadata?.name, message.image?.image], ["main", "busybox"]);
});
