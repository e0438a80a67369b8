import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { ObjectRegistry } from "../../../src/registry/objects.ts";

function registryOf(...ids: readonly string[]): ObjectRegistry<{ readonly id: string }> {
  const registry = new ObjectRegistry<{ readonly id: string }>("container");
  for (const id of ids) registry.add({ id });
  return registry;
}

Deno.test("ObjectRegistry.add() refuses a second object with one id, and keeps the first", () => {
  const registry = new ObjectRegistry<{ readonly id: string }>("container");
  const first = { id: "ab" };
  registry.add(first);
  const error = assertThrows(() => registry.add({ id: "ab" }), RuntimeError);
  assertEquals(error.code, "ALREADY_EXISTS");
  assertEquals(error.message, 'container "ab" already exists');
  assertStrictEquals(registry.get("ab"), first);
  assertEquals(registry.size, 1);
});

Deno.test("ObjectRegistry.get() wants the whole id", () => {
  const registry = registryOf("ab");
  assertEquals(registry.get("ab")?.id, "ab");
  assertEquals(registry.get("a"), undefined);
});

Deno.test("ObjectRegistry.find() takes an id or a prefix of one only", () => {
  const registry = registryOf("abc", "abd", "b");
  assertEquals(registry.find("abc").id, "abc");
  assertEquals(registry.find("abd").id, "abd");
  assertEquals(registry.find("b").id, "b");
  const other = registryOf("abc", "xabc");
  assertEquals(other.find("ab").id, "abc");
});

Deno.test("ObjectRegistry.find() takes a whole id that is a prefix of another for itself", () => {
  assertEquals(registryOf("abc", "ab").find("ab").id, "ab");
});

Deno.test("ObjectRegistry.find() refuses a prefix of several, of none, and the empty one", () => {
  const registry = registryOf("abc", "abd");
  const refusals = ["ab", "c", ""].map((prefix) => {
    const { code, message } = assertThrows(() => registry.find(prefix), RuntimeError);
    return [code, message];
  });
  assertEquals(refusals, [
    ["INVALID_ARGUMENT", 'container id "ab" is ambiguous'],
    ["NOT_FOUND", 'container "c" not found'],
    ["INVALID_ARGUMENT", "container id must not be empty"],
  ]);
});

Deno.test("ObjectRegistry.find() refuses the empty prefix of a single object", () => {
  assertEquals(
    assertThrows(() => registryOf("abc").find(""), RuntimeError).code,
    "INVALID_ARGUMENT",
  );
});

Deno.test("ObjectRegistry.findIfPresent() takes absence alone for no error", () => {
  const registry = registryOf("abc", "abd");
  assertEquals(registry.findIfPresent("abc")?.id, "abc");
  assertEquals(registry.findIfPresent("c"), undefined);
  for (const prefix of ["ab", ""]) {
    const error = assertThrows(() => registry.findIfPresent(prefix), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
  }
});

Deno.test("ObjectRegistry.delete() makes a prefix unique again, and may be repeated", () => {
  const registry = registryOf("abc", "abd");
  registry.delete("abd");
  registry.delete("abd");
  assertEquals(registry.find("ab").id, "abc");
  assertEquals(registry.size, 1);
});

Deno.test("ObjectRegistry.values() are oldest first", () => {
  const registry = registryOf("c", "a", "b");
  registry.delete("a");
  registry.add({ id: "a" });
  assertEquals([...registry.values()].map((it) => it.id), ["c", "b", "a"]);
});
