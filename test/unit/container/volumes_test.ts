import { assertEquals, assertRejects } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { prepareVolumes } from "../../../src/container/volumes.ts";
import type { Image, ImageConfig } from "../../../src/image/image.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { FileStat } from "../../../src/kernel/files.ts";
import type { Command } from "../../../src/kernel/processes.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { taskPaths } from "../../../src/task/paths.ts";
import {
  containerConfigWith,
  FakeChild,
  FakeClock,
  fakeKernel,
  isPending,
  partial,
} from "../fakes.ts";

/** A container of an image with a volume, whose content is being copied. */
class Scene {
  readonly clock = new FakeClock();
  readonly child = new FakeChild();
  readonly commands: Command[] = [];
  bytes = 0;

  prepare() {
    const runtime = partial<Runtime>("runtime", {
      config: { ...DEFAULT_CONFIG, root: "/root" },
      kernel: fakeKernel({
        clock: this.clock,
        files: {
          mkdir: () => Promise.resolve(),
          resolveInRoot: (root, path) => Promise.resolve(`${root}${path}`),
          stat: () => Promise.resolve(partial<FileStat>("stat", { kind: "directory" })),
          usage: () => Promise.resolve({ bytes: this.bytes, inodes: 1 }),
        },
        processes: {
          spawn: (command) => {
            this.commands.push(command);
            return Promise.resolve(this.child);
          },
        },
      }),
    });
    const config = partial<ImageConfig>("image config", { volumes: ["/data"] });
    const image = partial<Image>("image", { config });
    return prepareVolumes(runtime, "c1", containerConfigWith(), image, Context.background());
  }

  end(code: number): void {
    this.child.exit({ kind: "exited", code });
    this.child.endOutput();
  }
}

Deno.test("prepareVolumes() copies what is large for as long as it takes", async () => {
  const scene = new Scene();
  const prepared = scene.prepare();
  for (let round = 0; round < 10; round++) {
    scene.bytes++;
    await scene.clock.advance(DEFAULT_CONFIG.bounds.programMs / 2);
  }
  assertEquals(await isPending(prepared), true);
  scene.end(0);
  const hostPath = "/root/containers/c1/volumes/0";
  assertEquals(await prepared, [{ containerPath: "/data", hostPath }]);
});

Deno.test("prepareVolumes() copies what is in a folder, and not the folder", async () => {
  const scene = new Scene();
  scene.end(0);
  const [volume] = await scene.prepare();
  const { rootfs } = taskPaths(DEFAULT_CONFIG, "c1");
  assertEquals(
    scene.commands.map(({ program, args }) => [program, ...args]),
    [["cp", "--archive", "--", `${rootfs}/data/.`, volume?.hostPath]],
  );
});

Deno.test("prepareVolumes() refuses a copy that has failed", async () => {
  const scene = new Scene();
  scene.child.stderr = "cp: no space";
  scene.end(1);
  await assertRejects(() => scene.prepare(), KernelError, "no space");
});
