import { assertEquals } from "@std/assert";

import { changed } from "../../../bench/floor.ts";

Deno.test("changed() gives a bundle a root, a cgroup and a command, and leaves the rest", () => {
  const spec = {
    ociVersion: "1.0.2",
    process: { args: ["sleep"], cwd: "/" },
    root: { path: "/theirs", readonly: false },
    linux: { cgroupsPath: "/theirs", namespaces: [{ type: "pid" }] },
  };
  assertEquals(changed(spec, { rootfs: "/ours", cgroup: "/own", args: ["/bin/true"] }), {
    ociVersion: "1.0.2",
    process: { args: ["/bin/true"], cwd: "/" },
    root: { path: "/ours", readonly: false },
    linux: { cgroupsPath: "/own", namespaces: [{ type: "pid" }] },
  });
});
