import { assertEquals, assertRejects } from "@std/assert";
import { fewAtOnce } from "../../../src/kernel/few_at_once.ts";
import { isPending, turnsTaken } from "../fakes.ts";

Deno.test("fewAtOnce() has a few under way, and gives what came of each in order", async () => {
  const begun: number[] = [];
  const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = fewAtOnce([0, 1, 2, 3], 2, async (it) => {
    begun.push(it);
    await ends[it]!.promise;
    return it * 10;
  });
  await turnsTaken();
  assertEquals(begun, [0, 1]);
  ends[1]!.resolve();
  await turnsTaken();
  assertEquals(begun, [0, 1, 2]);
  for (const { resolve } of ends) resolve();
  assertEquals(await all, [0, 10, 20, 30]);
  assertEquals(await fewAtOnce([], 2, () => Promise.resolve(1)), []);
});

Deno.test("fewAtOnce() begins no other after a failure, and throws it when nothing goes on", async () => {
  const begun: number[] = [];
  const slow = Promise.withResolvers<void>();
  const all = fewAtOnce([0, 1, 2, 3], 2, (it) => {
    begun.push(it);
    return it === 0 ? slow.promise : Promise.reject(new Error(`of ${it}`));
  });
  const failed = assertRejects(() => all, Error, "of 1");
  assertEquals(await isPending(all.catch(() => {})), true);
  slow.resolve();
  await failed;
  assertEquals(begun, [0, 1]);
});
