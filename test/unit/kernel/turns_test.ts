import { assertEquals, assertRejects } from "@std/assert";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { Turns } from "../../../src/kernel/turns.ts";

Deno.test("Turns lets in one after the other, in their order", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const work = async (name: string) => {
    using _turn = await turns.take(new Context());
    seen.push(`${name} in`);
    await Promise.resolve();
    seen.push(`${name} out`);
  };
  await Promise.all([work("a"), work("b"), work("c")]);
  assertEquals(seen, ["a in", "a out", "b in", "b out", "c in", "c out"]);
});

Deno.test("Turns lets nobody in before those who came before one that gave up", async () => {
  const turns = new Turns();
  const first = await turns.take(new Context());
  const impatient = new Context();
  const second = assertRejects(() => turns.take(impatient), RuntimeError);
  let isIn = false;
  const third = turns.take(new Context()).then(() => void (isIn = true));
  impatient.cancel();
  await second;
  assertEquals(isIn, false);
  first[Symbol.dispose]();
  await third;
  assertEquals(isIn, true);
});
