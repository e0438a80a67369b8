import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { Joined } from "../../../src/kernel/joined.ts";
import { isPending, turnsTaken } from "../fakes.ts";

const cause = new RuntimeError("CANCELLED", "the client left");

/** An operation that counts its runs and ends when the test says so. */
class Operation {
  runCount = 0;
  end = Promise.withResolvers<void>();

  readonly run = (): Promise<void> => {
    this.runCount++;
    return this.end.promise;
  };
}

Deno.test("Joined.run() runs one operation for all who come while it runs", async () => {
  const joined = new Joined();
  const operation = new Operation();
  const context = new Context();
  const one = joined.run(operation.run, context);
  const two = joined.run(operation.run, context);
  assert(await isPending(one));
  assert(await isPending(two));
  assertEquals(operation.runCount, 1);
  operation.end.resolve();
  await Promise.all([one, two]);
});

Deno.test("Joined.run() runs it anew for who comes later", async () => {
  const joined = new Joined();
  const operation = new Operation();
  operation.end.resolve();
  await joined.run(operation.run, new Context());
  await joined.run(operation.run, new Context());
  assertEquals(operation.runCount, 2);
});

Deno.test("Joined.run() fails for all who joined, and can be tried again", async () => {
  const joined = new Joined();
  const operation = new Operation();
  const error = new Error("refused");
  const one = joined.run(operation.run, new Context());
  const two = joined.run(operation.run, new Context());
  operation.end.reject(error);
  assertStrictEquals(await assertRejects(() => one), error);
  assertStrictEquals(await assertRejects(() => two), error);
  operation.end = Promise.withResolvers();
  operation.end.resolve();
  await joined.run(operation.run, new Context());
  assertEquals(operation.runCount, 2);
});

Deno.test("Joined.run() goes on when the one who began it gives up", async () => {
  const joined = new Joined();
  const operation = new Operation();
  const impatient = new Context();
  const one = joined.run(operation.run, impatient);
  const two = joined.run(operation.run, new Context());
  impatient.cancel(cause);
  assertStrictEquals(await assertRejects(() => one), cause);
  assert(joined.isRunning);
  assert(await isPending(two));
  operation.end.resolve();
  await two;
});

Deno.test("Joined.run() may fail when everybody has given up", async () => {
  const joined = new Joined();
  const operation = new Operation();
  const impatient = new Context();
  const only = joined.run(operation.run, impatient);
  impatient.cancel(cause);
  await assertRejects(() => only);
  operation.end.reject(new Error("unheard"));
  await turnsTaken();
  assertFalse(joined.isRunning);
});

Deno.test("Joined.isRunning is over before anybody learns of the end", async () => {
  const joined = new Joined();
  const operation = new Operation();
  assertFalse(joined.isRunning);
  const seen = joined.run(operation.run, new Context()).then(() => joined.isRunning);
  assert(joined.isRunning);
  operation.end.resolve();
  assertFalse(await seen);
});

Deno.test("Joined.run() begins nothing for who has given up before", async () => {
  const joined = new Joined();
  const operation = new Operation();
  const context = new Context();
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => joined.run(operation.run, context)), cause);
  assertEquals(operation.runCount, 0);
});
