import { assert, assertEquals, assertFalse } from "@std/assert";

import { isId, newId } from "../../../src/registry/ids.ts";
import { idOf } from "../fakes.ts";

Deno.test("newId() spells 32 bytes of chance, two digits each", () => {
  const asked: number[] = [];
  const id = newId({
    bytes(length) {
      asked.push(length);
      return Uint8Array.from({ length }, (_, index) => index === 0 ? 255 : index);
    },
  });
  assertEquals(asked, [32]);
  assertEquals(id, "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
});

Deno.test("isId() takes what newId() makes", () => {
  assert(isId(newId({ bytes: (length) => new Uint8Array(length) })));
});

Deno.test("isId() refuses everything that could name something else", () => {
  const id = idOf("a");
  const others = [
    "",
    id.slice(1),
    `${id}a`,
    `${id}\n`,
    id.toUpperCase(),
    `../${id.slice(3)}`,
    `${id.slice(2)}/x`,
  ];
  for (const other of others) assertFalse(isId(other), JSON.stringify(other));
});
