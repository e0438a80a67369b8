import { assertEquals } from "@std/assert";
import { execa } from "execa";

import { DEFAULT_CONFIG } from "../../src/config.ts";
import { prepareVolumes } from "../../src/container/volumes.ts";
import type { Image } from "../../src/image/image.ts";
import { Context } from "../../src/kernel/context.ts";
import type { Runtime } from "../../src/runtime.ts";
import { taskPaths } from "../../src/task/paths.ts";
import { linuxTest, runOnLinux } from "../conformance/linux_fixture.ts";
import { containerConfigWith, partial } from "../unit/fakes.ts";
import { IMAGE_CONFIG } from "../unit/oci/fixture.ts";

linuxTest(
  "a volume is what the image has at its place",
  () =>
    runOnLinux(async ({ kernel, scratch }) => {
      const config = { ...DEFAULT_CONFIG, root: `${scratch}/root`, state: `${scratch}/state` };
      const { rootfs } = taskPaths(config, "c1");
      await Deno.mkdir(`${rootfs}/data/inner`, { recursive: true });
      await Deno.writeTextFile(`${rootfs}/data/inner/file`, "content");
      await execa("chown", ["65534:8", `${rootfs}/data`]);
      await Deno.chmod(`${rootfs}/data`, 0o2750);
      const image = partial<Image>("image", {
        config: { ...IMAGE_CONFIG, volumes: ["/data", "/missing"] },
      });
      const runtime = partial<Runtime>("runtime", { kernel, config });
      const context = Context.background();
      const prepared = await prepareVolumes(runtime, "c1", containerConfigWith(), image, context);
      assertEquals(prepared.map((it) => it.containerPath), ["/data", "/missing"]);
      const [data = "", missing = ""] = prepared.map((it) => it.hostPath);
      assertEquals(await Deno.readTextFile(`${data}/inner/file`), "content");
      assertEquals((await execa("stat", ["--format=%a %u:%g", data])).stdout, "2750 65534:8");
      assertEquals((await execa("stat", ["--format=%a %u:%g", missing])).stdout, "755 0:0");
    }),
);
