import { assert, assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { whiteoutArchive, whiteoutsOf } from "../../../src/image/whiteouts.ts";

function of(...names: readonly string[]) {
  return whiteoutsOf(names.map((it) => `${it}\n`).join(""));
}

Deno.test("whiteoutsOf() finds what is gone and what is opaque", () => {
  assertEquals(of("./", "a/", "a/.wh.b", "./c/.wh..wh..opq", ".wh.d", "x.wh.y", "a/e"), {
    opaque: ["c"],
    removed: ["a/b", "d"],
  });
  assertEquals(of("a", "b/"), { opaque: [], removed: [] });
  assertEquals(whiteoutsOf(""), { opaque: [], removed: [] });
});

Deno.test("whiteoutsOf() makes a directory opaque that replaces what it removes", () => {
  assertEquals(of(".wh.a", "a/").opaque, ["a"]);
  assertEquals(of("p/a/x", "p/.wh.a").opaque, ["p/a"]);
  assertEquals(of("a", ".wh.a"), { opaque: [], removed: ["a"] });
  assertEquals(of(".wh.a", "a/.wh.b"), { opaque: ["a"], removed: ["a/b"] });
});

Deno.test("whiteoutsOf() leaves AUFS's bookkeeping alone", () => {
  assertEquals(of(".wh..wh.plnk/", ".wh..wh.plnk/1.2", ".wh..wh.aufs").removed, []);
});

Deno.test("whiteoutsOf() undoes tar's quoting", () => {
  assertEquals(of("\\303\\251/.wh.a\\nb\\\\c").removed, ["\xc3\xa9/a\nb\\c"]);
});

const hostile: readonly (readonly string[])[] = [
  ["../a"],
  ["a/../../b"],
  [".."],
  [".wh.."],
  [".wh..."],
  ["a/.wh."],
  [".wh.a/"],
  [".wh.a/b"],
  [".wh..wh..opq"],
  ["a/.wh..wh..opq/b"],
  Array.from({ length: 70_000 }, (_, index) => `.wh.${index}`),
];

for (const names of hostile) {
  Deno.test(`whiteoutsOf() refuses ${names.length > 2 ? "too many" : names}`, () => {
    const error = assertThrows(() => of(...names), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  });
}

Deno.test("whiteoutArchive() is whole blocks and ends with two empty ones", () => {
  const long = `${"d".repeat(99)}/${"f".repeat(99)}`;
  const archive = whiteoutArchive({ opaque: ["a"], removed: ["b", long] });
  // An attribute and its directory, a device, and a device with its long name.
  assertEquals(archive.length, 512 * (2 + 1 + 1 + 3 + 2));
  assert(archive.slice(-1_024).every((it) => it === 0));
});
