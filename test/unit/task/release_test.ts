import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_BOUNDS, DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context, waitFor } from "../../../src/kernel/context.ts";
import type { FifoReader } from "../../../src/kernel/files.ts";
import { releaseTask } from "../../../src/task/release.ts";
import { taskOf } from "../../../src/task/task.ts";
import {
  CountingContext,
  FakeClock,
  fakeKernel,
  FakeProcess,
  isPending,
  noEntry,
} from "../fakes.ts";

const config = {
  ...DEFAULT_CONFIG,
  state: "/run/test",
  bounds: { ...DEFAULT_BOUNDS, taskReleaseMs: 1_000 },
};
const execFifo = "/run/test/runtime/c1/exec.fifo";
const byte = new Uint8Array([0]);
const nothing = new Uint8Array();

/** The fifo that init waits at; the test decides what comes out of it. */
class FakeFifo implements FifoReader {
  readonly arrived = Promise.withResolvers<Uint8Array>();
  /** What is there when it is asked once more. */
  rest = nothing;
  isDisposed = false;

  read(context: Context): Promise<Uint8Array> {
    return waitFor(this.arrived.promise, context);
  }

  tryRead(): Promise<Uint8Array> {
    return Promise.resolve(this.rest);
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
  }
}

/** A task whose init waits to be released. */
class Scene {
  readonly clock = new FakeClock();
  readonly fifo = new FakeFifo();
  readonly init = new FakeProcess(10);
  readonly journal: string[] = [];
  readonly context = new CountingContext();
  readonly kernel = fakeKernel({
    clock: this.clock,
    files: {
      openFifo: (path) => {
        this.journal.push(`open ${path}`);
        return Promise.resolve(this.fifo);
      },
      remove: (path) => {
        this.journal.push(`remove ${path}`);
        return Promise.resolve();
      },
    },
  });

  release(): Promise<void> {
    const task = taskOf(this.init, undefined);
    return releaseTask(this.kernel, config, "c1", task, this.context);
  }

  /** Nobody waits any more, and nothing is open. */
  assertTidy(): void {
    assertEquals([this.clock.timerCount, this.context.listenerCount], [0, 0]);
    assert(this.fifo.isDisposed);
    assertFalse(this.init.isDisposed);
  }
}

Deno.test("releaseTask() waits for init's byte, then unlinks the fifo", async () => {
  const scene = new Scene();
  const released = scene.release();
  assert(await isPending(released));
  assertEquals(scene.journal, [`open ${execFifo}`]);
  scene.fifo.arrived.resolve(byte);
  await released;
  assertEquals(scene.journal, [`open ${execFifo}`, `remove ${execFifo}`]);
  scene.assertTidy();
});

Deno.test("releaseTask() refuses when init is dead and wrote nothing", async () => {
  const scene = new Scene();
  const released = scene.release();
  assert(await isPending(released));
  scene.init.exit();
  const error = await assertRejects(() => released, RuntimeError);
  assertEquals([error.code, error.message], [
    "FAILED_PRECONDITION",
    "container process is already dead",
  ]);
  assertEquals(scene.journal, [`open ${execFifo}`]);
  scene.assertTidy();
});

Deno.test("releaseTask() refuses when init was dead before", async () => {
  const scene = new Scene();
  scene.init.exit();
  assertEquals(
    (await assertRejects(() => scene.release(), RuntimeError)).code,
    "FAILED_PRECONDITION",
  );
});

Deno.test("releaseTask() asks once more when the death is seen first: it may have run", async () => {
  const scene = new Scene();
  scene.fifo.rest = byte;
  scene.init.exit();
  await scene.release();
  assertEquals(scene.journal, [`open ${execFifo}`, `remove ${execFifo}`]);
  scene.assertTidy();
});

Deno.test("releaseTask() refuses when the writer leaves without a byte", async () => {
  const scene = new Scene();
  scene.fifo.arrived.resolve(nothing);
  assertEquals(
    (await assertRejects(() => scene.release(), RuntimeError)).code,
    "FAILED_PRECONDITION",
  );
  assertEquals(scene.journal, [`open ${execFifo}`]);
});

Deno.test("releaseTask() gives up when the time is up, not before, and leaves the fifo", async () => {
  const scene = new Scene();
  const released = scene.release();
  await scene.clock.advance(999);
  assert(await isPending(released));
  await scene.clock.advance(1);
  const error = await assertRejects(() => released, RuntimeError);
  assertEquals([error.code, error.message], [
    "DEADLINE_EXCEEDED",
    'release task "c1": not done within 1000 ms',
  ]);
  assertEquals(scene.journal, [`open ${execFifo}`]);
  scene.assertTidy();
});

Deno.test("releaseTask() throws the cause when its context ends, and leaves the fifo", async () => {
  const scene = new Scene();
  const cause = new RuntimeError("CANCELLED", "the client left");
  const released = scene.release();
  assert(await isPending(released));
  scene.context.cancel(cause);
  assertStrictEquals(await assertRejects(() => released), cause);
  assertEquals(scene.journal, [`open ${execFifo}`]);
  scene.assertTidy();
});

Deno.test("releaseTask() passes on that there is no fifo", async () => {
  const clock = new FakeClock();
  const error = noEntry(execFifo);
  const kernel = fakeKernel({ clock, files: { openFifo: () => Promise.reject(error) } });
  const task = taskOf(new FakeProcess(10), undefined);
  const releasing = () => releaseTask(kernel, config, "c1", task, new Context());
  assertStrictEquals(await assertRejects(releasing), error);
  assertEquals(clock.timerCount, 0);
});
