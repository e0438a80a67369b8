import { assert, assertEquals } from "@std/assert";
import {
  durationText,
  fit,
  indexAt,
  pan,
  positionsOf,
  roundStep,
  timeText,
  zoom,
} from "../../../../../sim/report/page/scale.js";

const STEPS = [1, 2, 3, 1_000_003, 1_000_004].map((micros) => ({ micros }));

Deno.test("positionsOf() gives every step one unit, and a pause of any length a few", () => {
  assertEquals([...positionsOf(STEPS, "step")], [0, 1, 2, 3, 4, 5]);
  const [, , third = 0, fourth = 0, fifth = 0] = positionsOf(STEPS, "time");
  assert(fourth - third > 5 && fourth - third < 20, "a second is wider than a step, but not much");
  assertEquals(fifth - fourth, 1);
  assertEquals([...positionsOf([], "time")], [0]);
});

Deno.test("zoom() keeps what is under the pointer, between its two limits", () => {
  const view = { start: 100, perPixel: 0.5 };
  for (const factor of [0.25, 0.5, 2, 4]) {
    const next = zoom(view, factor, 300, 5_000, 1_000);
    assertEquals(next.start + 300 * next.perPixel, 250);
  }
  assertEquals(zoom(view, 1e-9, 0, 5_000, 1_000).perPixel, 1 / 240);
  assertEquals(zoom(view, 1e9, 0, 5_000, 1_000).perPixel, 6);
});

Deno.test("pan() never loses both ends", () => {
  const view = { start: 0, perPixel: 1 };
  assertEquals(pan(view, 1e9, 5_000, 1_000).start, 4_500);
  assertEquals(pan(view, -1e9, 5_000, 1_000).start, -500);
  assertEquals(pan(view, 10, 5_000, 1_000).start, 10);
});

Deno.test("fit() shows a range in full, and a tiny one in the middle", () => {
  assertEquals(fit(100, 1_100, 1_000), { start: 100, perPixel: 1 });
  const { start, perPixel } = fit(10, 11, 2_400);
  assertEquals(perPixel, 1 / 240);
  assert(Math.abs(start + 1_200 * perPixel - 10.5) < 1e-9);
});

Deno.test("indexAt() finds the last position that is not beyond", () => {
  const positions = [0, 1, 2, 10];
  assertEquals([-1, 0, 1.5, 9, 10, 99].map((at) => indexAt(positions, at)), [-1, 0, 1, 2, 3, 3]);
});

Deno.test("roundStep() is 1, 2 or 5 times a power of ten", () => {
  assertEquals([0.1, 1, 1.5, 3, 7, 90, 101].map(roundStep), [1, 1, 2, 5, 10, 100, 200]);
});

Deno.test("times are exact, durations are rounded", () => {
  assertEquals([850, 1_500, 15_000_213].map(timeText), ["850 µs", "1.5 ms", "15.000213 s"]);
  assertEquals([850, 1_540, 15_000_213].map(durationText), ["850 µs", "1.5 ms", "15 s"]);
});
