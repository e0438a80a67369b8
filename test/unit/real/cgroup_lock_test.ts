import { assertEquals } from "@std/assert";
import type { Hierarchy } from "../../../real/cgroup_files.ts";
import { ownProcsFile } from "../../../real/cgroup_lock.ts";

const PIDS: Hierarchy = { version: 1, mountPoint: "/c/pids", controllers: ["pids"] };
const CPU: Hierarchy = { version: 1, mountPoint: "/c/cpu", controllers: ["cpu", "cpuacct"] };
const NAMED: Hierarchy = { version: 1, mountPoint: "/c/systemd", controllers: [] };
const UNIFIED: Hierarchy = { version: 2, mountPoint: "/c/unified", controllers: [] };

Deno.test("ownProcsFile() names the group that the process is in", () => {
  const membership = "3:name=systemd:/init\n2:cpu,cpuacct:/system/a:b\n0::/user\n";
  assertEquals(ownProcsFile([NAMED, CPU], membership), "/c/cpu/system/a:b/cgroup.procs");
  assertEquals(ownProcsFile([UNIFIED], membership), "/c/unified/user/cgroup.procs");
  assertEquals(ownProcsFile([PIDS], "5:pids:/\n"), "/c/pids/cgroup.procs");
});

Deno.test("ownProcsFile() finds none where no hierarchy is the process's", () => {
  assertEquals(ownProcsFile([PIDS, NAMED], "2:cpu,cpuacct:/a\n0::/a\nrubbish\n"), undefined);
  assertEquals(ownProcsFile([], "0::/a\n"), undefined);
});
