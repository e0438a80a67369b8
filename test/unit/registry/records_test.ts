import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import {
  damagedRecord,
  isCgroupPath,
  isText,
  parseRecord,
  putRecord,
} from "../../../src/records.ts";

Deno.test("putRecord() writes an object down as JSON, without what is undefined", () => {
  assertEquals(putRecord("container", "1", { name: 'a"b', init: undefined }), {
    kind: "put",
    record: { table: "container", id: "1", value: '{"name":"a\\"b"}' },
  });
});

Deno.test("parseRecord() reads an object back", () => {
  assertEquals(parseRecord("container", "1", '{"name":"a"}'), { name: "a" });
});

Deno.test("parseRecord() calls everything that is no object damaged", () => {
  for (const value of ["", "{", "{} {}", "null", "1", '"text"', "true"]) {
    const error = assertThrows(() => parseRecord("container", "1", value), RuntimeError);
    assertEquals(error.code, "INTERNAL", value);
    assertEquals(error.message, 'record of container "1" is damaged');
  }
});

Deno.test("damagedRecord() names what it is a record of", () => {
  const { code, message } = damagedRecord("sandbox", "2");
  assertEquals([code, message], ["INTERNAL", 'record of sandbox "2" is damaged']);
});

Deno.test("isText() takes strings, the empty one too, and nothing else", () => {
  assert(isText("a"));
  assert(isText(""));
  for (const value of [undefined, null, 1, {}, ["a"]]) assertFalse(isText(value));
});

Deno.test("isCgroupPath() takes a path below the root", () => {
  for (const path of ["/slipway", "/kubepods/pod1/c1", "/a..b", "/...", "/system.slice/x y"]) {
    assert(isCgroupPath(path), path);
  }
});

Deno.test("isCgroupPath() refuses the root, what leads elsewhere, and what is no path", () => {
  const others = [
    undefined,
    1,
    "",
    "/",
    "slipway",
    "//slipway",
    "/slipway/",
    "/slipway//x",
    "/..",
    "/slipway/..",
    "/slipway/../x",
    "/slip\0way",
  ];
  for (const other of others) assertFalse(isCgroupPath(other), JSON.stringify(other));
});
