import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { Turn } from "../../../real/turn.ts";

/** Lets the event loop turn. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((go) => setImmediate(go));
}

Deno.test("Turn lets calls pass as long as the turn is short", async () => {
  let nowMs = 0;
  const turn = new Turn(() => nowMs);
  assertEquals(turn.left(), undefined);
  nowMs = 2;
  assertEquals(turn.left(), undefined);
  await turns(2);
});

Deno.test("Turn lets one go on in each of the next turns, in order", async () => {
  let nowMs = 0;
  const turn = new Turn(() => nowMs);
  turn.left();
  nowMs = 3;
  const passed: number[] = [];
  const calls = [1, 2, 3].map(async (number) => {
    await turn.left();
    passed.push(number);
    nowMs += 3;
  });
  await Promise.resolve();
  assertEquals(passed, []);
  for (const expected of [[1], [1, 2], [1, 2, 3]]) {
    await turns(1);
    assertEquals(passed, expected);
  }
  await Promise.all(calls);
  await turns(1);
});

Deno.test("Turn gives each turn of the event loop its own time", async () => {
  let nowMs = 0;
  const turn = new Turn(() => nowMs);
  turn.left();
  nowMs = 100;
  await turns(2);
  assertEquals(turn.left(), undefined);
  nowMs = 102;
  assertEquals(turn.left(), undefined);
  await turns(2);
});
