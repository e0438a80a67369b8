import { assertEquals } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { exitDirectory, runtimeRoot, taskPaths, tasksDirectory } from "../../../src/task/paths.ts";

const config = { ...DEFAULT_CONFIG, root: "/var/test", state: "/run/test" };

Deno.test("taskPaths() are where conmon, the OCI runtime and we look for them", () => {
  assertEquals(taskPaths(config, "c1"), {
    bundle: "/run/test/tasks/c1",
    spec: "/run/test/tasks/c1/config.json",
    rootfs: "/run/test/tasks/c1/rootfs",
    pidFile: "/run/test/tasks/c1/pid",
    pidFileDraft: "/run/test/tasks/c1/.pid",
    attach: "/run/test/tasks/c1/attach",
    control: "/run/test/tasks/c1/ctl",
    exitFile: "/run/test/exits/c1",
    oomFile: "/run/test/tasks/c1/oom",
    runtimeDirectory: "/run/test/runtime/c1",
    runtimeState: "/run/test/runtime/c1/state.json",
    execFifo: "/run/test/runtime/c1/exec.fifo",
  });
});

Deno.test("taskPaths() are below the folders that recovery looks through", () => {
  assertEquals(
    [tasksDirectory(config), exitDirectory(config), runtimeRoot(config)],
    ["/run/test/tasks", "/run/test/exits", "/run/test/runtime"],
  );
});
