import { assert, assertEquals } from "@std/assert";
import { HappensBefore } from "../../../../sim/experiment/happens_before.ts";
import { type Access, Footprint } from "../../../../sim/footprint.ts";

function footprintOf(...touches: readonly (readonly [string, Access])[]): Footprint {
  const footprint = new Footprint();
  for (const [what, access] of touches) footprint.touch(what, access);
  return footprint;
}

Deno.test("HappensBefore has the races that have nothing in between", () => {
  const order = new HappensBefore();
  assertEquals(order.add(footprintOf(["x", "write"])), []);
  assertEquals(order.add(footprintOf(["y", "write"])), []);
  assertEquals(order.add(footprintOf(["x", "read"])), [{ earlier: 0, later: 2 }]);
  // 0 is before it by way of 2.
  assertEquals(order.add(footprintOf(["x", "write"], ["y", "read"])), [
    { earlier: 2, later: 3 },
    { earlier: 1, later: 3 },
  ]);
  assert(order.precedes(0, 3));
  assert(!order.precedes(0, 1));
  assertEquals(order.addBarrier(), [{ earlier: 3, later: 4 }]);
  assert(order.precedes(1, 4));
});

Deno.test("HappensBefore has no race between a step and the call that it makes", () => {
  const order = new HappensBefore();
  order.add(footprintOf(["call 1", "write"], ["x", "write"]));
  const made = footprintOf(["call 1", "write"], ["x", "read"]);
  made.call = "call 1";
  assertEquals(order.add(made), []);
  assert(order.precedes(0, 1));
  const other = footprintOf(["call 2", "write"], ["x", "write"]);
  other.call = "call 2";
  assertEquals(order.add(other), [{ earlier: 1, later: 2 }]);
});
