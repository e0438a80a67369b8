import { assertEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { runtimeInfo } from "../../../src/cri/info.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { partial } from "../fakes.ts";

Deno.test("runtimeInfo() shows the configuration, but not a proxy's password", () => {
  const environment = { HTTPS_PROXY: "http://user:secret@proxy:3128" };
  const { config } = runtimeInfo(partial<Runtime>("runtime", {
    config: { ...DEFAULT_CONFIG, images: { ...DEFAULT_CONFIG.images, environment } },
    kernel: partial<Kernel>("kernel", { name: "sim" }),
  }));
  const images = { ...DEFAULT_CONFIG.images, environment: ["HTTPS_PROXY"] };
  assertEquals(JSON.parse(config ?? ""), { ...DEFAULT_CONFIG, images });
});
