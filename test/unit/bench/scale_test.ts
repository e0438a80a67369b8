import { assert, assertEquals } from "@std/assert";

import { linearScale, numberText, ratioScale, tickText } from "../../../bench/page/scale.ts";

Deno.test("linearScale() goes from 0 to the first round value that is enough", () => {
  assertEquals(linearScale(12.7).ticks, [0, 5, 10, 15]);
  assertEquals(linearScale(10).ticks, [0, 2, 4, 6, 8, 10]);
  assertEquals(linearScale(0.3).ticks.map(tickText), ["0", "0.1", "0.2", "0.3"]);
  assertEquals([0, 5, 10, 99].map(linearScale(10).at), [0, 50, 100, 100]);
});

Deno.test("linearScale() has an axis for nothing as well", () => {
  const { ticks, at } = linearScale(0);
  assert(ticks.length >= 2 && ticks.every(Number.isFinite));
  assertEquals(at(0), 0);
});

Deno.test("ratioScale() is as wide to one side of 1 as to the other, for half and twice", () => {
  const { at, ticks } = ratioScale([0.5, 2]);
  assertEquals(at(1), 50);
  assertEquals(Math.round((at(1) - at(0.5)) * 10), Math.round((at(2) - at(1)) * 10));
  assertEquals(ticks, [0.5, 1, 2]);
  // What nobody can divide is at an end, and widens nothing.
  assertEquals(ratioScale([0, Number.POSITIVE_INFINITY]).ticks, [0.5, 1, 2]);
  assertEquals([0, Number.POSITIVE_INFINITY].map(at), [0, 100]);
});

Deno.test("numberText() has as many digits as say something", () => {
  assertEquals([0, 0.0123, 0.123, 1.234, 12.34, 123.4, -12.34].map(numberText), [
    ...["0", "0.012", "0.12", "1.23", "12.3", "123", "-12.3"],
  ]);
});
