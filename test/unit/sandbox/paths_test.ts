import { assert, assertEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import type { NamespaceMode } from "../../../src/sandbox/config.ts";
import { pinsOf, sandboxesDirectory, sandboxPaths } from "../../../src/sandbox/paths.ts";
import { sandboxConfigWith } from "../fakes.ts";

const paths = sandboxPaths({ ...DEFAULT_CONFIG, state: "/run/test" }, "s1");

function pins(network: NamespaceMode, ipc: NamespaceMode) {
  return pinsOf(paths, sandboxConfigWith({ namespaces: { network, ipc, pid: "POD" } }));
}

Deno.test("sandboxPaths() are below the sandbox's folder, in what a reboot ends", () => {
  assertEquals(sandboxesDirectory(DEFAULT_CONFIG), "/run/slipway/sandboxes");
  const { directory, ...files } = paths;
  assertEquals(directory, "/run/test/sandboxes/s1");
  const values = Object.values(files);
  for (const path of values) assert(path.startsWith(`${directory}/`), path);
  assertEquals(new Set(values).size, values.length);
});

Deno.test("pinsOf() pins network, host name and IPC where the pod has its own", () => {
  assertEquals(pins("POD", "POD"), { net: paths.net, uts: paths.uts, ipc: paths.ipc });
});

Deno.test("pinsOf() pins neither network nor host name on the host's network", () => {
  assertEquals(pins("NODE", "POD"), { ipc: paths.ipc });
});

Deno.test("pinsOf() pins no IPC where the host's is used", () => {
  assertEquals(pins("POD", "NODE"), { net: paths.net, uts: paths.uts });
  assertEquals(pins("NODE", "NODE"), {});
});
