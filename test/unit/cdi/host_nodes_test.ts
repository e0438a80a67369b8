import { assertEquals, assertRejects } from "@std/assert";

import type { DeviceNode } from "../../../src/cdi/container_edits.ts";
import { withHostNode } from "../../../src/cdi/host_nodes.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Files, FileStat } from "../../../src/kernel/files.ts";
import { partial } from "../fakes.ts";

const NODE: DeviceNode = {
  path: "/dev/in",
  hostPath: "/dev/out",
  type: undefined,
  major: undefined,
  minor: undefined,
  fileMode: undefined,
  uid: undefined,
  gid: undefined,
  permissions: "rwm",
};
const ZERO = partial<FileStat>("stat", {
  kind: "device",
  mode: 0o640,
  node: { type: "c", major: 1, minor: 5 },
});
const FIFO = partial<FileStat>("stat", { kind: "fifo", mode: 0o622 });
const LINK = partial<FileStat>("stat", { kind: "symlink", mode: 0o777, node: undefined });

/** What comes of a node where the host has this: type, numbers and mode. */
async function resolved(fields: Partial<DeviceNode>, stat: FileStat | undefined): Promise<string> {
  const files = partial<Files>("files", {
    stat(path) {
      assertEquals(path, "/dev/out");
      return Promise.resolve(stat);
    },
  });
  const device = await withHostNode(files, { ...NODE, ...fields });
  assertEquals([device.path, device.permissions], ["/dev/in", "rwm"]);
  return `${device.type} ${device.major}:${device.minor} ${device.fileMode.toString(8)}`;
}

Deno.test("withHostNode() reads what is left out from the host's node", async () => {
  assertEquals(await resolved({}, ZERO), "c 1:5 640");
  assertEquals(await resolved({ type: "c" }, ZERO), "c 1:5 640");
  assertEquals(await resolved({ major: 0, minor: 7 }, ZERO), "c 1:5 640");
  assertEquals(await resolved({ major: 10, minor: 229 }, ZERO), "c 10:229 640");
  assertEquals(await resolved({ fileMode: 0o600 }, ZERO), "c 1:5 600");
  assertEquals(await resolved({}, FIFO), "p 0:0 622");
});

Deno.test("withHostNode() needs no node for a device that is described", async () => {
  for (const stat of [undefined, LINK, FIFO]) {
    const mode = stat === FIFO ? "622" : "666";
    assertEquals(await resolved({ type: "b", major: 8 }, stat), `b 8:0 ${mode}`);
    assertEquals(await resolved({ type: "p" }, stat), `p 0:0 ${mode}`);
  }
  assertEquals(await resolved({ type: "b", major: 8, minor: 1 }, ZERO), "b 8:1 640");
});

Deno.test("withHostNode() leaves to the container whom the device belongs to", async () => {
  const files = partial<Files>("files", { stat: () => Promise.resolve(ZERO) });
  const device = await withHostNode(files, { ...NODE, gid: 44 });
  assertEquals([device.uid, device.gid], [undefined, 44]);
});

Deno.test("withHostNode() refuses what the host does not have, or has as something else", async () => {
  const cases: readonly [Partial<DeviceNode>, FileStat | undefined, string][] = [
    [{}, undefined, 'CDI device node "/dev/in": at "/dev/out" there is no device'],
    [{}, LINK, "there is no device"],
    [{ type: "b" }, undefined, "there is no device"],
    [{ type: "b" }, ZERO, "there is a device of type c instead of b"],
    [{ type: "c", major: 0 }, FIFO, "there is a device of type p instead of c"],
  ];
  for (const [fields, stat, words] of cases) {
    const error = await assertRejects(() => resolved(fields, stat), RuntimeError, words);
    assertEquals(error.code, "FAILED_PRECONDITION");
  }
});
