import { assert, assertEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { Images } from "../../../src/image/images.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import { SILENT } from "../../../src/telemetry.ts";

Deno.test("layerPaths() fits 80 layers and a container into one page of mount options", () => {
  const images = new Images({} as Kernel, DEFAULT_CONFIG, SILENT);
  const diffIds = Array.from({ length: 80 }, (_, i) => `sha256:${`${i}`.padEnd(64, "a")}`);
  const lower = images.layerPaths(diffIds);
  const writable = `${DEFAULT_CONFIG.root}/containers/${"c".repeat(64)}`;
  const options = `index=off,lowerdir=${
    lower.join(":")
  },upperdir=${writable}/upper,workdir=${writable}/work`;
  assertEquals(new Set(lower).size, 80);
  assert(options.length < 4_096, `${options.length}`);
});

Deno.test("layerPaths() has the top layer first, and an empty one for an image without any", () => {
  const images = new Images({} as Kernel, DEFAULT_CONFIG, SILENT);
  const [low, high] = ["a", "b"].map((it) => `sha256:${it.repeat(64)}`);
  assert(low !== undefined && high !== undefined);
  assertEquals(images.layerPaths([low, high]), [
    `/var/lib/slipway/layers/${"b".repeat(20)}`,
    `/var/lib/slipway/layers/${"a".repeat(20)}`,
  ]);
  assertEquals(images.layerPaths([]), ["/var/lib/slipway/empty"]);
});
