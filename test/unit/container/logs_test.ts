import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { Container } from "../../../src/container/container.ts";
import { logPathOf, prepareLog, reopenContainerLog } from "../../../src/container/logs.ts";
import { created, started, startIntended } from "../../../src/container/state.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { EventStream } from "../../../src/events.ts";
import { waitFor } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { Lifetime } from "../../../src/kernel/lifetime.ts";
import { ObjectRegistry } from "../../../src/registry/objects.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { SILENT } from "../../../src/telemetry.ts";
import {
  containerRecordWith,
  CountingContext,
  FakeClock,
  fakeKernel,
  idOf,
  isPending,
  partial,
} from "../fakes.ts";

const id = idOf("c");
const identity = { pid: 10, startTime: 1_000 };
const running = started(startIntended(created(1), 2, identity, identity));

/** A container that logs to /logs/0.log, which was renamed; the test decides when it is there again. */
class Scene {
  readonly clock = new FakeClock();
  readonly context = new CountingContext();
  readonly journal: string[] = [];
  readonly changed = Promise.withResolvers<readonly string[]>();
  hasLog = false;
  refusal: KernelError | undefined;

  readonly kernel = fakeKernel({
    clock: this.clock,
    files: {
      watch: (directory) => {
        this.journal.push(`watch ${directory}`);
        return Promise.resolve({
          next: (context) => waitFor(this.changed.promise, context),
          [Symbol.dispose]: () => void this.journal.push("unwatch"),
        });
      },
      writeFifo: (path, content) => {
        this.journal.push(`write ${JSON.stringify(content)} to ${path}`);
        return this.refusal === undefined ? Promise.resolve() : Promise.reject(this.refusal);
      },
      stat: (path) => {
        assertEquals(path, "/logs/0.log");
        return Promise.resolve(this.hasLog ? partial("stat", {}) : undefined);
      },
    },
  });

  reopen(status = running, logPath = "/logs/0.log"): Promise<void> {
    const containers = new ObjectRegistry<Container>("container");
    const record = containerRecordWith({ id, logPath });
    containers.add(new Container(record, status, this.kernel, new EventStream(SILENT)));
    const config = { ...DEFAULT_CONFIG, state: "/run/test" };
    const life = new Lifetime();
    const runtime = partial<Runtime>("runtime", { kernel: this.kernel, config, life, containers });
    return reopenContainerLog(runtime, id, this.context);
  }

  assertTidy(): void {
    assertEquals([this.clock.timerCount, this.context.listenerCount], [0, 0]);
    assertEquals(this.journal.at(-1), "unwatch");
  }
}

Deno.test("logPathOf() is below the log directory of the sandbox", () => {
  assertEquals(logPathOf("/logs/pod", "main/0.log"), "/logs/pod/main/0.log");
  assertEquals(logPathOf("/logs/pod/", "0.log"), "/logs/pod/0.log");
  assertEquals(logPathOf("/logs/pod", "/etc/passwd"), "/logs/pod/etc/passwd");
  assertEquals(logPathOf("/logs/pod", "a/../b.log"), "/logs/pod/b.log");
  assertEquals(logPathOf("/logs/pod", "..b.log"), "/logs/pod/..b.log");
  assertEquals(logPathOf("/", "0.log"), "/0.log");
});

Deno.test("logPathOf() is nowhere when either part is not given", () => {
  assertEquals(logPathOf("", "0.log"), "/dev/null");
  assertEquals(logPathOf("/logs/pod", ""), "/dev/null");
});

Deno.test("logPathOf() refuses a path that leaves the directory, or is the directory", () => {
  for (const path of ["..", "../x", "../pod2/x", "a/../../x", "/../x", ".", "a/.."]) {
    const error = assertThrows(() => logPathOf("/logs/pod", path), RuntimeError, path);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("prepareLog() makes the folder of the log, for everybody to enter", async () => {
  const made: unknown[] = [];
  const kernel = fakeKernel({
    files: {
      mkdir(path, mode) {
        made.push([path, mode]);
        return Promise.resolve();
      },
    },
  });
  await prepareLog(kernel, containerRecordWith({ logPath: "/logs/main/0.log" }));
  assertEquals(made, [["/logs/main", 0o755]]);
  await prepareLog(kernel, containerRecordWith({ logPath: "/dev/null" }));
  assertEquals(made.length, 1);
});

Deno.test("reopenContainerLog() asks conmon, and returns when the watch shows the new file", async () => {
  const scene = new Scene();
  const reopened = scene.reopen();
  assert(await isPending(reopened));
  assertEquals(scene.journal, ["watch /logs", `write "2 0 0\\n" to /run/test/tasks/${id}/ctl`]);
  scene.hasLog = true;
  scene.changed.resolve(["0.log"]);
  await reopened;
  scene.assertTidy();
});

Deno.test("reopenContainerLog() looks again by itself: the watch can lose events", async () => {
  const scene = new Scene();
  const reopened = scene.reopen();
  await scene.clock.advance(99);
  scene.hasLog = true;
  assert(await isPending(reopened));
  await scene.clock.advance(1);
  await reopened;
  scene.assertTidy();
});

Deno.test("reopenContainerLog() gives up after ten seconds", async () => {
  const scene = new Scene();
  const reopened = scene.reopen();
  await scene.clock.advance(9_999);
  assert(await isPending(reopened));
  await scene.clock.advance(1);
  assertEquals((await assertRejects(() => reopened, RuntimeError)).code, "DEADLINE_EXCEEDED");
  scene.assertTidy();
});

Deno.test("reopenContainerLog() has nothing to do for a container without a log", async () => {
  const scene = new Scene();
  await scene.reopen(running, "/dev/null");
  assertEquals(scene.journal, []);
});

Deno.test("reopenContainerLog() refuses a container that does not run", async () => {
  const scene = new Scene();
  const error = await assertRejects(() => scene.reopen(created(1)), RuntimeError);
  assertEquals(error.code, "FAILED_PRECONDITION");
  assertEquals(scene.journal, []);
});

Deno.test("reopenContainerLog() refuses when conmon is gone", async () => {
  for (const errno of ["ENOENT", "ENXIO"]) {
    const scene = new Scene();
    scene.refusal = new KernelError("write", errno, "ctl");
    const error = await assertRejects(() => scene.reopen(), RuntimeError, "its conmon is gone");
    assertEquals(error.code, "FAILED_PRECONDITION");
    assertStrictEquals(error.cause, scene.refusal);
    scene.assertTidy();
  }
});

Deno.test("reopenContainerLog() passes on every other refusal", async () => {
  const scene = new Scene();
  scene.refusal = new KernelError("write", "EIO", "ctl");
  assertStrictEquals(await assertRejects(() => scene.reopen()), scene.refusal);
  scene.assertTidy();
});
