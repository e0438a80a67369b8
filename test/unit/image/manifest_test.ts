import { assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { parseImageDescription, parseManifest } from "../../../src/image/manifest.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const blob = (digit: string, size: unknown = 7) => ({ digest: digest(digit), size });

Deno.test("parseManifest() reads configuration and layers", () => {
  const text = JSON.stringify({ schemaVersion: 2, config: blob("a"), layers: [blob("b", 0)] });
  assertEquals(parseManifest(text), {
    config: { digest: digest("a"), sizeBytes: 7 },
    layers: [{ digest: digest("b"), sizeBytes: 0 }],
  });
});

Deno.test("parseManifest() refuses schema 1 as what it does not know", () => {
  const error = assertThrows(() => parseManifest('{"schemaVersion":1}'), RuntimeError);
  assertEquals(error.code, "UNIMPLEMENTED");
});

const manifests: readonly unknown[] = [
  null,
  [],
  { schemaVersion: 2 },
  { schemaVersion: 2, config: blob("a") },
  { schemaVersion: 2, config: blob("a"), layers: {} },
  { schemaVersion: 2, config: { digest: "sha256:../../etc", size: 1 }, layers: [] },
  { schemaVersion: 2, config: blob("a", -1), layers: [] },
  { schemaVersion: 2, config: blob("a", 1.5), layers: [] },
  { schemaVersion: 2, config: blob("a"), layers: Array.from({ length: 129 }, () => blob("b")) },
  { schemaVersion: 2, manifests: [] },
];

for (const manifest of manifests) {
  Deno.test(`parseManifest() refuses ${JSON.stringify(manifest).slice(0, 80)}`, () => {
    const error = assertThrows(() => parseManifest(JSON.stringify(manifest)), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  });
}

Deno.test("parseImageDescription() reads what containers inherit, and defaults", () => {
  const text = JSON.stringify({
    os: "linux",
    rootfs: { type: "layers", diff_ids: [digest("a")] },
    config: {
      User: "7:8",
      Env: ["A=b"],
      Entrypoint: ["/e"],
      Cmd: null,
      WorkingDir: "/w",
      Volumes: { "/b": {}, "/a": {} },
      StopSignal: "SIGINT",
      Labels: { l: "m" },
    },
  });
  assertEquals(parseImageDescription(text), {
    diffIds: [digest("a")],
    config: {
      user: "7:8",
      env: ["A=b"],
      entrypoint: ["/e"],
      cmd: [],
      workingDir: "/w",
      volumes: ["/a", "/b"],
      stopSignal: "SIGINT",
      labels: { l: "m" },
    },
  });
  const { config } = parseImageDescription('{"rootfs":{}}');
  assertEquals([config.user, config.cmd, config.labels], ["", [], {}]);
});

const descriptions: readonly unknown[] = [
  {},
  { os: "windows", rootfs: {} },
  { rootfs: { diff_ids: ["sha256:1"] } },
  { rootfs: {}, config: [] },
  { rootfs: {}, config: { Cmd: "sh" } },
  { rootfs: {}, config: { Env: [1] } },
  { rootfs: {}, config: { User: "a\0b" } },
  { rootfs: {}, config: { Labels: { a: 1 } } },
];

for (const description of descriptions) {
  Deno.test(`parseImageDescription() refuses ${JSON.stringify(description)}`, () => {
    const text = JSON.stringify(description);
    const error = assertThrows(() => parseImageDescription(text), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  });
}
