import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { writeContainerSpec } from "../../../src/container/spec.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Image } from "../../../src/image/image.ts";
import { Context } from "../../../src/kernel/context.ts";
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

/** Begins to write the spec of a container that mounts a path of the host which cannot be looked up. */
function writeSpec(context: Context, clock: FakeClock): Promise<void> {
  const runtime = partial<Runtime>("runtime", {
    kernel: fakeKernel({ clock, files: { resolveInRoot: () => new Promise(() => {}) } }),
    config: DEFAULT_CONFIG,
  });
  const hangs = {
    containerPath: "/data",
    hostPath: "/mnt/gone",
    isReadonly: false,
    isRecursiveReadonly: false,
    propagation: "PRIVATE",
  } as const;
  const parts = {
    record: containerRecordWith({ config: containerConfigWith({ mounts: [hangs] }) }),
    sandbox: { id: idOf("a"), record: sandboxRecordWith() },
    image: partial<Image>("image", {}),
    user: { uid: 0, gid: 0, additionalGids: [], home: "/" },
    volumes: [],
  };
  return writeContainerSpec(runtime, parts, context);
}

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
