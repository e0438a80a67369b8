import { assert, assertEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import type { NamespaceMode } from "../../../src/sandbox/config.ts";
import {
  pinsOf,
  sandboxesDirectory,
  sandboxFilesDirectory,
  sandboxPaths,
} from "../../../src/sandbox/paths.ts";
import { sandboxConfigWith } from "../fakes.ts";

const paths = sandboxPaths({ ...DEFAULT_CONFIG, state: "/run/test", root: "/lib/test" }, "s1");

function pins(network: NamespaceMode, ipc: NamespaceMode) {
  return pinsOf(paths, sandboxConfigWith({ namespaces: { network, ipc, pid: "POD" } }));
}

Deno.test("sandboxPaths() are below the sandbox's folders", () => {
  assertEquals(sandboxesDirectory(DEFAULT_CONFIG), "/run/slipway/sandboxes");
  assertEquals(sandboxFilesDirectory(DEFAULT_CONFIG), "/var/lib/slipway/sandboxes");
  const { directory, files, ...others } = paths;
  assertEquals([directory, files], ["/run/test/sandboxes/s1", "/lib/test/sandboxes/s1"]);
  const values = Object.values(others);
  assertEquals(new Set(values).size, values.length);
  for (const path of values) {
    assert([directory, files].some((it) => path.startsWith(`${it}/`)), path);
  }
});

Deno.test("sandboxPaths() have on the disk what containers write to, and nothing else", () => {
  const written = [paths.resolvConf, paths.hosts, paths.hostname];
  const onDisk = Object.values(paths).filter((it) => it.startsWith(`${paths.files}/`));
  assertEquals(onDisk.toSorted(), written.toSorted());
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
