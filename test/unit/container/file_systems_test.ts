import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { type FileSystems, measureFileSystems } from "../../../src/container/file_systems.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Images } from "../../../src/image/images.ts";
import { Context } from "../../../src/kernel/context.ts";
import { Joined } from "../../../src/kernel/joined.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { FakeClock, fakeKernel, isPending, partial, turnsTaken } from "../fakes.ts";

const LAYERS = { bytes: 10, inodes: 1, path: "/layers", measuredMicros: 7 };

/** A runtime whose containers are measured when the test says so. */
class Scene {
  readonly clock = new FakeClock();
  readonly measured: PromiseWithResolvers<{ bytes: number; inodes: number }>[] = [];
  readonly runtime = partial<Runtime>("runtime", {
    config: { ...DEFAULT_CONFIG, root: "/root" },
    images: partial<Images>("images", { fsInfo: () => Promise.resolve(LAYERS) }),
    kernel: fakeKernel({
      clock: this.clock,
      files: {
        usage: (path) => {
          assertEquals(path, "/root/containers");
          this.measured.push(Promise.withResolvers());
          return this.measured.at(-1)!.promise;
        },
      },
    }),
    measurement: new Joined<FileSystems>(),
  });

  ask(context = new Context()): Promise<FileSystems> {
    return measureFileSystems(this.runtime, context);
  }
}

Deno.test("measureFileSystems() measures once for all who ask meanwhile, and again later", async () => {
  const scene = new Scene();
  const first = [scene.ask(), scene.ask()];
  await turnsTaken();
  first.push(scene.ask());
  await turnsTaken();
  assertEquals(scene.measured.length, 1);
  scene.measured[0]?.resolve({ bytes: 20, inodes: 2 });
  const measuredMicros = scene.clock.nowMicros();
  const containers = { bytes: 20, inodes: 2, path: "/root/containers", measuredMicros };
  for (const it of first) assertEquals(await it, { images: LAYERS, containers });
  const second = scene.ask();
  assertEquals(await isPending(second), true);
  assertEquals(scene.measured.length, 2);
  scene.measured[1]?.resolve({ bytes: 30, inodes: 3 });
  assertEquals((await second).containers.bytes, 30);
});

Deno.test("measureFileSystems() goes on without a client that has left, for the next", async () => {
  const scene = new Scene();
  const context = new Context();
  const left = scene.ask(context);
  await turnsTaken();
  const cause = new RuntimeError("DEADLINE_EXCEEDED", "the client left");
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => left), cause);
  const next = scene.ask();
  await turnsTaken();
  assertEquals(scene.measured.length, 1);
  scene.measured[0]?.resolve({ bytes: 20, inodes: 2 });
  assertEquals((await next).containers.inodes, 2);
});
