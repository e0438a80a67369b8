import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import type { MountPropagation } from "../../../src/container/config.ts";
import { writeContainerSpec } from "../../../src/container/spec.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Image } from "../../../src/image/image.ts";
import { Context } from "../../../src/kernel/context.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { MountSharing } from "../../../src/kernel/mounts.ts";
import type { Runtime } from "../../../src/runtime.ts";
import {
  containerConfigWith,
  containerRecordWith,
  FakeClock,
  fakeKernel,
  idOf,
  isPending,
  partial,
  sandboxRecordWith,
} from "../fakes.ts";

/** Begins to write the spec of a container that mounts a path of the host. */
function writeSpecOn(
  kernel: Kernel,
  context: Context,
  propagation: MountPropagation = "PRIVATE",
): Promise<void> {
  const runtime = partial<Runtime>("runtime", { kernel, config: DEFAULT_CONFIG });
  const mount = {
    containerPath: "/data",
    hostPath: "/mnt/data",
    isReadonly: false,
    isRecursiveReadonly: false,
    propagation,
  };
  const parts = {
    record: containerRecordWith({ config: containerConfigWith({ mounts: [mount] }) }),
    sandbox: { id: idOf("a"), record: sandboxRecordWith() },
    image: partial<Image>("image", {}),
    user: { uid: 0, gid: 0, additionalGids: [], home: "/" },
    volumes: [],
  };
  return writeContainerSpec(runtime, parts, context);
}

/** The same, of a path that cannot be looked up. */
function writeSpec(context: Context, clock: FakeClock): Promise<void> {
  const kernel = fakeKernel({ clock, files: { resolveInRoot: () => new Promise(() => {}) } });
  return writeSpecOn(kernel, context);
}

/** Why it is refused where the host's mount shares so; undefined when it gets past that. */
async function refusal(
  sharing: MountSharing,
  propagation: MountPropagation,
): Promise<RuntimeError | undefined> {
  const kernel = fakeKernel({
    clock: new FakeClock(),
    files: { resolveInRoot: (_, path) => Promise.resolve(`${path}/resolved`) },
    mounts: {
      sharing: (path) => {
        assertEquals(path, "/mnt/data/resolved");
        return Promise.resolve(sharing);
      },
    },
  });
  const writing = writeSpecOn(kernel, new Context(), propagation);
  // What comes next is the image's configuration, which it has none of here.
  const error = await assertRejects(() => writing, Error);
  return error instanceof RuntimeError ? error : undefined;
}

Deno.test("writeContainerSpec() refuses to propagate what the host's mount does not share", async () => {
  const table = [
    ["shared", "BIDIRECTIONAL", undefined],
    ["slave", "BIDIRECTIONAL", "FAILED_PRECONDITION"],
    ["private", "BIDIRECTIONAL", "FAILED_PRECONDITION"],
    ["shared", "HOST_TO_CONTAINER", undefined],
    ["slave", "HOST_TO_CONTAINER", undefined],
    ["private", "HOST_TO_CONTAINER", "FAILED_PRECONDITION"],
    ["private", "PRIVATE", undefined],
  ] as const;
  for (const [sharing, propagation, code] of table) {
    const found = await refusal(sharing, propagation);
    assertEquals(found?.code, code, `${propagation} on a ${sharing} mount`);
  }
});

Deno.test("writeContainerSpec() waits for a mount that hangs as long as its client", async () => {
  const context = new Context();
  const writing = writeSpec(context, new FakeClock());
  assertEquals(await isPending(writing), true);
  const cause = new RuntimeError("CANCELLED", "the client left");
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => writing), cause);
});

Deno.test("writeContainerSpec() does not wait for ever for a mount that hangs", async () => {
  const clock = new FakeClock();
  const writing = writeSpec(Context.background(), clock);
  writing.catch(() => {});
  await clock.advance(DEFAULT_CONFIG.bounds.programMs);
  const error = await assertRejects(() => writing, RuntimeError);
  assertEquals(error.code, "DEADLINE_EXCEEDED");
  assertEquals(clock.timerCount, 0);
});
