import { assertEquals } from "@std/assert";
import { mountOf, parseMountinfo, parseMountsBelow } from "../../../real/mountinfo.ts";

const TABLE = `22 27 0:21 / /proc rw,nosuid - proc proc rw
36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
90 27 0:50 / /var/lib/a\\040b\\011c\\134d rw - overlay none\\040x rw,lowerdir=/a:/b
`;

Deno.test("parseMountinfo() reads every field", () => {
  assertEquals(parseMountinfo(TABLE)[1], {
    id: 36,
    parentId: 35,
    device: "98:0",
    root: "/mnt1",
    mountPoint: "/mnt2",
    options: ["rw", "noatime"],
    sharing: "shared",
    type: "ext3",
    source: "/dev/root",
    superOptions: ["rw", "errors=continue"],
  });
});

Deno.test("parseMountinfo() tells how a mount shares", () => {
  const lines = ["", " shared:1", " master:1", " master:1 propagate_from:2", " unbindable"]
    .map((tags) => `1 2 3:4 / /a rw${tags} - ext4 b rw`);
  const found = parseMountinfo(lines.join("\n")).map(({ sharing }) => sharing);
  assertEquals(found, ["private", "shared", "slave", "slave", "private"]);
});

Deno.test("mountOf() is the mount that a path is in, the topmost of those at one place", () => {
  const points = ["/", "/a", "/a/b", "/a", "/ab"];
  const table = points.map((it, id) => `${id} 2 3:4 / ${it} rw - ext4 b rw`).join("\n");
  const ids = ["/", "/x", "/a", "/a/x", "/a/b", "/a/b/c", "/a/bc", "/ab/c", "/abc"]
    .map((path) => mountOf(parseMountinfo(table), path)?.id);
  assertEquals(ids, [0, 0, 3, 3, 2, 2, 3, 4, 0]);
  assertEquals(mountOf([], "/a"), undefined);
});

Deno.test("parseMountinfo() undoes octal escapes", () => {
  const entry = parseMountinfo(TABLE)[3];
  assertEquals(entry?.mountPoint, "/var/lib/a b\tc\\d");
  assertEquals(entry?.source, "none x");
});

Deno.test("parseMountinfo() leaves out what is no line of it", () => {
  assertEquals(
    parseMountinfo("\nnonsense\n1 2 3:4 / /a rw shared:1\n1 2 3:4 / /a rw - ext4 b\n"),
    [],
  );
});

Deno.test("parseMountsBelow() takes no sibling for a child", () => {
  assertEquals(pointsBelow("/mnt"), []);
  assertEquals(pointsBelow("/mnt1"), [], "the root of another mount");
  assertEquals(pointsBelow("/mnt2"), ["/mnt2"]);
  assertEquals(pointsBelow("/sys/fs"), ["/sys/fs/cgroup/systemd"]);
  assertEquals(pointsBelow("/").length, 4);
});

Deno.test("parseMountsBelow() finds a path whatever of it is escaped", () => {
  const found = "/var/lib/a b\tc\\d";
  assertEquals(pointsBelow(found), [found]);
  assertEquals(pointsBelow("/var/lib"), [found]);
  const hash = (text: string) => `1 2 3:4 / /x${text}y rw - ext4 b rw`;
  for (const text of ["#", "\\043"]) {
    const entries = parseMountsBelow(hash(text), "/x#y");
    assertEquals(entries.map((it) => it.mountPoint), ["/x#y"]);
  }
});

function pointsBelow(path: string): readonly string[] {
  return parseMountsBelow(TABLE, path).map((it) => it.mountPoint);
}
