import { assert, assertEquals } from "@std/assert";
import { type Access, Footprint } from "../../../sim/footprint.ts";

function footprint(...touches: readonly (readonly [string, Access])[]): Footprint {
  const made = new Footprint();
  for (const [name, access] of touches) made.touch(name, access);
  return made;
}

Deno.test("Footprint.conflictsWith() is about what both use, and not both in a way that commutes", () => {
  const accesses: readonly Access[] = ["read", "add", "write"];
  const conflicts = accesses.map((one) =>
    accesses.map((other) => footprint(["a", one]).conflictsWith(footprint(["a", other])))
  );
  assertEquals(conflicts, [[false, true, true], [true, false, true], [true, true, true]]);
  assert(!footprint(["a", "write"]).conflictsWith(footprint(["b", "write"])));
  assert(footprint(["a", "read"], ["b", "write"]).conflictsWith(footprint(["b", "read"])));
});

Deno.test("Footprint.touch() takes two ways of use for a write", () => {
  const both = footprint(["set", "add"], ["set", "read"]);
  assertEquals([...both.accesses()], [["set", "write"]]);
});

Deno.test("a step that changes what others touch conflicts with all who touch it", () => {
  const last = footprint(["a", "add"]);
  last.change("a");
  const other = footprint(["a", "add"]);
  assert(last.conflictsWith(other));
  assert(other.conflictsWith(last));
  assert(!last.conflictsWith(footprint(["b", "add"])));
});
