import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { Lifetime } from "../../../src/kernel/lifetime.ts";
import { isPending } from "../fakes.ts";

const end = new RuntimeError("UNAVAILABLE", "the daemon is shutting down");

Deno.test("Lifetime.idle() waits for all that is under way, however that ends", async () => {
  const life = new Lifetime();
  await life.idle(new Context());
  const one = Promise.withResolvers<number>();
  const two = Promise.withResolvers<number>();
  const owned = life.own(one.promise);
  const served = life.serve(() => two.promise);
  const idle = life.idle(new Context());
  one.resolve(1);
  assertEquals(await owned, 1);
  assert(await isPending(idle));
  two.reject(new Error("it has failed"));
  await assertRejects(() => served, Error, "it has failed");
  await idle;
});

Deno.test("Lifetime.idle() waits no longer than its context lasts", async () => {
  const life = new Lifetime();
  life.own(new Promise(() => {}));
  const context = new Context();
  const idle = life.idle(context);
  context.cancel(end);
  await assertRejects(() => idle, RuntimeError, "shutting down");
});

Deno.test("Lifetime.serve() begins nothing after the end", () => {
  const life = new Lifetime();
  life.cancel(end);
  let count = 0;
  assertThrows(() => life.serve(() => Promise.resolve(count++)), RuntimeError, "shutting down");
  assertEquals(count, 0);
});
