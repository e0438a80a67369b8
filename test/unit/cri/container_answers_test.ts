import { create, fromBinary } from "@bufbuild/protobuf";
import { assertEquals } from "@std/assert";

import { Container } from "../../../src/container/container.ts";
import { created } from "../../../src/container/state.ts";
import { containerMessage, containerStatusMessage } from "../../../src/cri/codec/container.ts";
import { containerList, containerStatusAnswer } from "../../../src/cri/container_answers.ts";
import type { Encoded } from "../../../src/cri/encoded.ts";
import {
  ContainerState,
  ContainerStatusResponseSchema,
  ListContainersResponseSchema,
} from "../../../src/cri/gen/v1_pb.ts";
import { EventStream } from "../../../src/events.ts";
import type { Image } from "../../../src/image/image.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { SILENT } from "../../../src/telemetry.ts";
import { containerRecordWith, fakeKernel } from "../fakes.ts";

function container(id: string): Container {
  const kernel = fakeKernel({ store: { load: () => Promise.resolve([]), commit: async () => {} } });
  return new Container(
    containerRecordWith({ id: id.repeat(64) }),
    created(1_000),
    kernel,
    new EventStream(SILENT),
  );
}

/** A runtime whose images are whatever `image` has. */
function runtimeWith(image: { now?: Image }): Runtime {
  return { images: { resolve: () => image.now } } as unknown as Runtime;
}

const list = ({ bytes }: Encoded) => fromBinary(ListContainersResponseSchema, bytes);
const answer = ({ bytes }: Encoded) => fromBinary(ContainerStatusResponseSchema, bytes);

Deno.test("containerList() says of each container what lists show, in order", () => {
  const all = [container("a"), container("b")];
  const expected = create(ListContainersResponseSchema, { containers: all.map(containerMessage) });
  assertEquals(list(containerList(all)), expected);
  assertEquals(list(containerList(all)), expected, "also the second time");
  assertEquals(list(containerList([])).containers, []);
});

Deno.test("containerList() and containerStatusAnswer() show a transition as soon as it is visible", async () => {
  const it = container("a");
  const runtime = runtimeWith({});
  assertEquals(list(containerList([it])).containers[0]?.state, ContainerState.CONTAINER_CREATED);
  assertEquals(
    answer(containerStatusAnswer(runtime, it)).status?.state,
    ContainerState.CONTAINER_CREATED,
  );
  await it.transition((status) => ({ ...status, state: "EXITED", exitCode: 7 }));
  assertEquals(list(containerList([it])).containers[0]?.state, ContainerState.CONTAINER_EXITED);
  const { status } = answer(containerStatusAnswer(runtime, it));
  assertEquals([status?.state, status?.exitCode], [ContainerState.CONTAINER_EXITED, 7]);
});

Deno.test("containerStatusAnswer() names the image as it is named by now", () => {
  const it = container("a");
  const image: { now?: Image } = {};
  const runtime = runtimeWith(image);
  const statusNow = () => answer(containerStatusAnswer(runtime, it)).status;
  const expected = (now?: Image) =>
    create(ContainerStatusResponseSchema, { status: containerStatusMessage(it, now) }).status;
  assertEquals(statusNow(), expected());
  image.now = { tags: ["docker.io/library/busybox:2"], digests: [] } as Partial<Image> as Image;
  assertEquals(statusNow(), expected(image.now));
  assertEquals(statusNow()?.image?.image, "docker.io/library/busybox:2");
  delete image.now;
  assertEquals(statusNow(), expected());
});
