import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_BOUNDS, DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context, waitFor } from "../../../src/kernel/context.ts";
import { Lifetime } from "../../../src/kernel/lifetime.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { DirectoryWatch } from "../../../src/kernel/files.ts";
import { ExitFiles } from "../../../src/task/exit_files.ts";
import {
  CountingContext,
  FakeClock,
  fakeKernel,
  FakeProcess,
  isPending,
  noEntry,
  turnsTaken,
} from "../fakes.ts";

const config = {
  ...DEFAULT_CONFIG,
  state: "/run/test",
  bounds: { ...DEFAULT_BOUNDS, exitFileMs: 10_000 },
};
const cause = new RuntimeError("UNAVAILABLE", "the daemon is shutting down");

/** A watch that reports what the test says. */
class FakeWatch implements DirectoryWatch {
  isDisposed = false;
  #next = Promise.withResolvers<readonly string[]>();

  async report(...names: readonly string[]): Promise<void> {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    resolve(names);
    await turnsTaken();
  }

  next(context: Context): Promise<readonly string[]> {
    return waitFor(this.#next.promise, context);
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
  }
}

/** Exit files of a folder in which the test puts them. */
class Scene {
  readonly clock = new FakeClock();
  readonly watch = new FakeWatch();
  readonly contents = new Map<string, string | KernelError>();
  readonly watched: string[] = [];
  readCount = 0;
  readonly exitFiles = new ExitFiles(
    fakeKernel({
      clock: this.clock,
      files: {
        readFile: (path, bytesMax) => {
          this.readCount++;
          assertEquals(bytesMax, 32);
          const content = this.contents.get(path) ?? noEntry(path);
          if (content instanceof KernelError) return Promise.reject(content);
          return Promise.resolve(new TextEncoder().encode(content));
        },
        watch: (directory) => {
          this.watched.push(directory);
          return Promise.resolve(this.watch);
        },
      },
    }),
    config,
  );

  write(id: string, content: string | KernelError): void {
    this.contents.set(`/run/test/exits/${id}`, content);
  }
}

Deno.test("ExitFiles.read() is the number in the file", async () => {
  const scene = new Scene();
  for (const [content, code] of [["0", 0], ["137\n", 137], [" 255", 255]] as const) {
    scene.write("c1", content);
    assertEquals(await scene.exitFiles.read("c1"), code);
  }
});

Deno.test("ExitFiles.read() takes what is no exit code for none", async () => {
  const scene = new Scene();
  const tooLarge = new KernelError("read", "EFBIG", "c1");
  for (const content of ["", "\n", "256", "-1", "1.5", "0x1", "1e2", "1 2", "one", tooLarge]) {
    scene.write("c1", content);
    assertEquals(await scene.exitFiles.read("c1"), undefined, `${content}`);
  }
  assertEquals(await scene.exitFiles.read("c2"), undefined);
});

Deno.test("ExitFiles.read() passes on that a file cannot be read", async () => {
  const scene = new Scene();
  const error = new KernelError("read", "EIO", "c1");
  scene.write("c1", error);
  assertStrictEquals(await assertRejects(() => scene.exitFiles.read("c1")), error);
});

Deno.test("ExitFiles.codeOf() is the code of a file that is there, with or without conmon", async () => {
  const scene = new Scene();
  scene.write("c1", "3");
  const context = new CountingContext();
  assertEquals(await scene.exitFiles.codeOf("c1", new FakeProcess(9), context), 3);
  assertEquals(await scene.exitFiles.codeOf("c1", undefined, context), 3);
  assertEquals([scene.clock.timerCount, context.listenerCount], [0, 0]);
});

Deno.test("ExitFiles.codeOf() is unknown when neither file nor conmon is there", async () => {
  assertEquals(await new Scene().exitFiles.codeOf("c1", undefined, new Context()), undefined);
});

Deno.test("ExitFiles.codeOf() waits for conmon, and looks when the watch wakes it", async () => {
  const scene = new Scene();
  await scene.exitFiles.watch(new Lifetime());
  assertEquals(scene.watched, ["/run/test/exits"]);
  const context = new CountingContext();
  const code = scene.exitFiles.codeOf("c1", new FakeProcess(9), context);
  assert(await isPending(code));
  assertEquals(scene.readCount, 1);
  scene.write("c1", "3");
  await scene.watch.report("c2");
  assertEquals(scene.readCount, 1);
  await scene.watch.report("c2", "c1");
  assertEquals(await code, 3);
  assertEquals([scene.clock.timerCount, context.listenerCount], [0, 0]);
});

Deno.test("ExitFiles.codeOf() does not take a wake-up for the file", async () => {
  const scene = new Scene();
  await scene.exitFiles.watch(new Lifetime());
  const code = scene.exitFiles.codeOf("c1", new FakeProcess(9), new Context());
  await scene.watch.report("c1");
  assert(await isPending(code));
  scene.write("c1", "3");
  await scene.watch.report("c1");
  assertEquals(await code, 3);
});

Deno.test("ExitFiles.codeOf() looks at everything when the watch has lost track", async () => {
  const scene = new Scene();
  await scene.exitFiles.watch(new Lifetime());
  const one = scene.exitFiles.codeOf("c1", new FakeProcess(9), new Context());
  const two = scene.exitFiles.codeOf("c2", new FakeProcess(8), new Context());
  await turnsTaken();
  scene.write("c1", "3");
  scene.write("c2", "4");
  await scene.watch.report();
  assertEquals(await Promise.all([one, two]), [3, 4]);
});

Deno.test("ExitFiles.codeOf() looks again by itself: the watch can lose events", async () => {
  const scene = new Scene();
  const code = scene.exitFiles.codeOf("c1", new FakeProcess(9), new Context());
  await turnsTaken();
  scene.write("c1", "3");
  await scene.clock.advance(499);
  assert(await isPending(code));
  await scene.clock.advance(1);
  assertEquals(await code, 3);
});

Deno.test("ExitFiles.codeOf() is unknown when conmon ends without a file", async () => {
  const scene = new Scene();
  const conmon = new FakeProcess(9);
  const code = scene.exitFiles.codeOf("c1", conmon, new Context());
  assert(await isPending(code));
  conmon.exit();
  assertEquals(await code, undefined);
  assertEquals(scene.clock.timerCount, 0);
});

Deno.test("ExitFiles.codeOf() looks once more after conmon's end: it wrote the file before", async () => {
  const scene = new Scene();
  const conmon = new FakeProcess(9);
  const code = scene.exitFiles.codeOf("c1", conmon, new Context());
  await turnsTaken();
  scene.write("c1", "3");
  conmon.exit();
  assertEquals(await code, 3);
});

Deno.test("ExitFiles.codeOf() looks again when conmon ends during a look", async () => {
  const clock = new FakeClock();
  const conmon = new FakeProcess(9);
  let reads = 0;
  const kernel = fakeKernel({
    clock,
    files: {
      async readFile(path) {
        if (++reads > 1) return new TextEncoder().encode("3");
        conmon.exit();
        await turnsTaken();
        throw noEntry(path);
      },
    },
  });
  assertEquals(await new ExitFiles(kernel, config).codeOf("c1", conmon, new Context()), 3);
  assertEquals(clock.timerCount, 0);
});

Deno.test("ExitFiles.codeOf() is unknown when the time is up, not before", async () => {
  const scene = new Scene();
  const context = new CountingContext();
  const code = scene.exitFiles.codeOf("c1", new FakeProcess(9), context);
  await scene.clock.advance(9_999);
  assert(await isPending(code));
  await scene.clock.advance(1);
  assertEquals(await code, undefined);
  assertEquals([scene.clock.timerCount, context.listenerCount], [0, 0]);
});

Deno.test("ExitFiles.codeOf() throws the cause when its context ends", async () => {
  const scene = new Scene();
  const context = new CountingContext();
  const code = scene.exitFiles.codeOf("c1", new FakeProcess(9), context);
  assert(await isPending(code));
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => code), cause);
  assertEquals([scene.clock.timerCount, context.listenerCount], [0, 0]);
});

Deno.test("ExitFiles.codeOf() looks again when a file cannot be read, though conmon is gone", async () => {
  const scene = new Scene();
  scene.write("c1", new KernelError("read", "EIO", "c1"));
  const code = scene.exitFiles.codeOf("c1", undefined, new Context());
  assert(await isPending(code));
  scene.write("c1", "3");
  await scene.clock.advance(500);
  assertEquals(await code, 3);
});

Deno.test("ExitFiles.codeOf() is unknown when a file cannot be read until the time is up", async () => {
  const scene = new Scene();
  scene.write("c1", new KernelError("read", "EIO", "c1"));
  const code = scene.exitFiles.codeOf("c1", undefined, new Context());
  await scene.clock.advance(10_000);
  assertEquals(await code, undefined);
});

Deno.test("ExitFiles.codeOf() passes on what is no refusal of Linux", async () => {
  const clock = new FakeClock();
  const error = new TypeError("oops");
  const kernel = fakeKernel({ clock, files: { readFile: () => Promise.reject(error) } });
  const reading = () => new ExitFiles(kernel, config).codeOf("c1", undefined, new Context());
  assertStrictEquals(await assertRejects(reading), error);
  assertEquals(clock.timerCount, 0);
});

Deno.test("ExitFiles.remove() removes the file and the halves of it, and nobody else's", async () => {
  const names = ["c0", "c1", "c1.4X2B", "c10", "xc1"];
  const removed: string[] = [];
  const kernel = fakeKernel({
    files: {
      list(directory) {
        assertEquals(directory, "/run/test/exits");
        return Promise.resolve(names);
      },
      remove(...paths) {
        removed.push(...paths);
        return Promise.resolve();
      },
    },
  });
  await new ExitFiles(kernel, config).remove("c1");
  assertEquals(removed, ["/run/test/exits/c1", "/run/test/exits/c1.4X2B"]);
});

Deno.test("ExitFiles.watch() lets go of the folder when its context ends", async () => {
  const scene = new Scene();
  const life = new Lifetime();
  await scene.exitFiles.watch(life);
  await turnsTaken();
  assert(!scene.watch.isDisposed);
  life.cancel(cause);
  await turnsTaken();
  assert(scene.watch.isDisposed);
});
