import { assertEquals } from "@std/assert";
import { longOptions } from "../../../real/mount_long.ts";
import { MS, parseMountOptions } from "../../../real/mount_options.ts";

function parse(...options: readonly string[]) {
  return parseMountOptions({ type: "tmpfs", options });
}

Deno.test("parseMountOptions() sorts flags, propagation and data", () => {
  assertEquals(parse("ro", "nosuid", "size=64m", "rprivate", "mode=755"), {
    flags: MS.RDONLY | MS.NOSUID,
    propagation: [MS.PRIVATE | MS.REC],
    data: "size=64m,mode=755",
  });
});

Deno.test("parseMountOptions() lets a later option undo an earlier one", () => {
  assertEquals(parse("ro", "noexec", "rw").flags, MS.NOEXEC);
  assertEquals(parse("rw", "ro").flags, MS.RDONLY);
  assertEquals(parse("defaults").flags, 0);
});

Deno.test("parseMountOptions() takes the type bind for the option", () => {
  assertEquals(parseMountOptions({ type: "bind", options: [] }).flags, MS.BIND);
  const { flags } = parseMountOptions({ type: "none", options: ["rbind", "ro"] });
  assertEquals(flags, MS.BIND | MS.REC | MS.RDONLY);
});

Deno.test("parseMountOptions() hands names of Object.prototype to the file system", () => {
  assertEquals(parse("constructor", "toString").data, "constructor,toString");
});

Deno.test("longOptions() takes layers apart", () => {
  assertEquals(longOptions("lowerdir=/a:/b,upperdir=/u,index=off,userxattr"), [
    ["lowerdir+", "/a"],
    ["lowerdir+", "/b"],
    ["upperdir", "/u"],
    ["index", "off"],
    ["userxattr", null],
  ]);
});
