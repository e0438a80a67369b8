import { assertEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import type { NamespaceOptions } from "../../../src/sandbox/config.ts";
import { sandboxNamespaces } from "../../../src/sandbox/namespaces.ts";
import { sandboxPaths } from "../../../src/sandbox/paths.ts";
import { sandboxConfigWith } from "../fakes.ts";

const paths = sandboxPaths(DEFAULT_CONFIG, "s1");
const host = { kind: "host" } as const;

function sources(namespaces: NamespaceOptions) {
  return sandboxNamespaces(paths, sandboxConfigWith({ namespaces }));
}

Deno.test("sandboxNamespaces() offers the pod's own by their pins", () => {
  assertEquals(sources({ network: "POD", ipc: "POD", pid: "POD" }), {
    net: { kind: "path", path: paths.net },
    ipc: { kind: "path", path: paths.ipc },
    uts: { kind: "path", path: paths.uts },
    pid: { kind: "path", path: paths.pid },
  });
});

Deno.test("sandboxNamespaces() offers the host's where the pod has none of its own", () => {
  assertEquals(sources({ network: "NODE", ipc: "NODE", pid: "NODE" }), {
    net: host,
    ipc: host,
    uts: host,
    pid: host,
  });
});

Deno.test("sandboxNamespaces() has a PID namespace to share only where the pod shares one", () => {
  for (const pid of ["CONTAINER", "NODE", "TARGET"] as const) {
    assertEquals(sources({ network: "POD", ipc: "POD", pid }).pid, host);
  }
});
