import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { SpawnGate } from "../../../real/gate.ts";

/** Lets the event loop turn, which is what the gate paces itself by. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((go) => setImmediate(go));
}

Deno.test("SpawnGate admits in order, and no more than fit", async () => {
  const gate = new SpawnGate(2);
  const admitted: number[] = [];
  const places = [1, 2, 3, 4].map(async (number) => {
    const place = await gate.enter();
    admitted.push(number);
    return place;
  });
  await turns(5);
  assertEquals(admitted, [1, 2]);
  (await places[1]!)[Symbol.dispose]();
  await turns(5);
  assertEquals(admitted, [1, 2, 3]);
  (await places[0]!)[Symbol.dispose]();
  (await places[0]!)[Symbol.dispose]();
  await turns(5);
  assertEquals(admitted, [1, 2, 3, 4]);
  for (const place of places) (await place)[Symbol.dispose]();
});

Deno.test("SpawnGate admits one in a turn of the event loop", async () => {
  const gate = new SpawnGate(10);
  let admitted = 0;
  const places = [1, 2, 3].map(async () => {
    const place = await gate.enter();
    admitted++;
    return place;
  });
  await Promise.resolve();
  assertEquals(admitted, 1);
  for (const place of await Promise.all(places)) place[Symbol.dispose]();
  assertEquals(admitted, 3);
});
