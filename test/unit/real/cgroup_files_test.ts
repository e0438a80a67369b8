import { assertEquals } from "@std/assert";
import { findHierarchies, parseFlatKeyed, parsePids } from "../../../real/cgroup_files.ts";
import { parseMountinfo } from "../../../real/mountinfo.ts";

const HYBRID = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory,release_agent=/x
40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
42 31 0:32 / /mnt/memory rw - cgroup cgroup rw,memory
`;

const UNIFIED = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";

Deno.test("findHierarchies() finds each once on a hybrid host", () => {
  const read = (file: string) =>
    file === "/sys/fs/cgroup/unified/cgroup.controllers" ? "hugetlb\n" : undefined;
  assertEquals(findHierarchies(parseMountinfo(HYBRID), read), [
    { version: 1, mountPoint: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu", "cpuacct"] },
    { version: 1, mountPoint: "/sys/fs/cgroup/memory", controllers: ["memory"] },
    { version: 1, mountPoint: "/sys/fs/cgroup/systemd", controllers: [] },
    { version: 2, mountPoint: "/sys/fs/cgroup/unified", controllers: ["hugetlb"] },
  ]);
});

Deno.test("findHierarchies() finds the one of version 2", () => {
  assertEquals(findHierarchies(parseMountinfo(UNIFIED), () => "cpu memory pids\n"), [
    { version: 2, mountPoint: "/sys/fs/cgroup", controllers: ["cpu", "memory", "pids"] },
  ]);
  assertEquals(findHierarchies([], () => undefined), []);
});

Deno.test("parsePids() leaves out what the reader cannot see", () => {
  assertEquals(parsePids("12\n0\n7\n"), [12, 7]);
  assertEquals(parsePids(""), []);
});

Deno.test("parseFlatKeyed() reads the events of both versions", () => {
  const events = "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n";
  assertEquals(parseFlatKeyed(events).get("oom_kill"), 1);
  const control = "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n";
  assertEquals(parseFlatKeyed(control).get("oom_kill"), 4);
  assertEquals(parseFlatKeyed("").get("oom_kill"), undefined);
});
