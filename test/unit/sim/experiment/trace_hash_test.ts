import { assertEquals } from "@std/assert";
import { TraceHash } from "../../../../sim/experiment/trace_hash.ts";
import { type Access, Footprint } from "../../../../sim/footprint.ts";

type Step = readonly [name: string, what: string, access: Access];

function footprintOf([, what, access]: Step): Footprint {
  const footprint = new Footprint();
  footprint.touch(what, access);
  return footprint;
}

function hashOf(...steps: readonly Step[]): number {
  const hash = new TraceHash();
  for (const step of steps) hash.add(step[0], footprintOf(step));
  return hash.value;
}

const ACCESSES: readonly Access[] = ["read", "add", "write"];

Deno.test("TraceHash tells the order of two steps exactly where they conflict", () => {
  for (const one of ACCESSES) {
    for (const other of ACCESSES) {
      for (const what of ["x", "y"]) {
        const a: Step = ["a", "x", one];
        const b: Step = ["b", what, other];
        const conflicts = footprintOf(a).conflictsWith(footprintOf(b));
        assertEquals(hashOf(a, b) !== hashOf(b, a), conflicts, `${one} x, ${other} ${what}`);
      }
    }
  }
});
