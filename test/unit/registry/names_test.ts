import { assertEquals, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { NameRegistry } from "../../../src/registry/names.ts";

Deno.test("NameRegistry.reserve() gives a name to one id, again and again", () => {
  const names = new NameRegistry();
  names.reserve("pod", "1");
  names.reserve("pod", "1");
  names.reserve("other", "1");
  assertEquals([...names.entries()], [["pod", "1"], ["other", "1"]]);
});

Deno.test("NameRegistry.reserve() refuses a name that stands for another id, and keeps it", () => {
  const names = new NameRegistry();
  names.reserve("pod", "1");
  const error = assertThrows(() => names.reserve("pod", "2"), RuntimeError);
  assertEquals(error.code, "ALREADY_EXISTS");
  assertEquals(error.message, 'name "pod" is reserved for "1"');
  assertEquals([...names.entries()], [["pod", "1"]]);
});

Deno.test("NameRegistry.release() makes the name free for another id", () => {
  const names = new NameRegistry();
  names.reserve("pod", "1");
  names.release("pod", "1");
  names.reserve("pod", "2");
  assertEquals([...names.entries()], [["pod", "2"]]);
});

Deno.test("NameRegistry.release() takes no name from an id that holds it", () => {
  const names = new NameRegistry();
  names.reserve("pod", "1");
  names.release("pod", "2");
  names.release("unknown", "2");
  assertEquals([...names.entries()], [["pod", "1"]]);
});
