import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { Gate } from "../../../src/kernel/gate.ts";
import { CountingContext, isPending } from "../fakes.ts";

const cause = new RuntimeError("CANCELLED", "the client left");

Deno.test("Gate.enter() lets in as many as come", () => {
  const gate = new Gate("closed");
  using one = gate.enter(new Context());
  using two = gate.enter(new Context());
  assertEquals([one.context.cause, two.context.cause], [undefined, undefined]);
  assertFalse(gate.isClosed);
});

Deno.test("Gate.enter() gives a context that ends with the client's, and no other's", () => {
  const gate = new Gate("closed");
  const client = new Context();
  using pass = gate.enter(client);
  using other = gate.enter(new Context());
  client.cancel(cause);
  assertStrictEquals(pass.context.cause, cause);
  assertEquals(other.context.cause, undefined);
});

Deno.test("Gate.enter() leaves no listener on the client's context", () => {
  const client = new CountingContext();
  const pass = new Gate("closed").enter(client);
  assertEquals(client.listenerCount, 1);
  pass[Symbol.dispose]();
  assertEquals(client.listenerCount, 0);
  client.cancel(cause);
  assertEquals(pass.context.cause, undefined);
});

Deno.test("Gate.enter() refuses when the gate is closed, also when everybody has left", () => {
  const gate = new Gate("closed");
  using inside = gate.enter(new Context());
  gate.close();
  const refused = assertThrows(() => gate.enter(new Context()), RuntimeError);
  assertEquals(refused.code, "FAILED_PRECONDITION");
  assertEquals(refused.message, "closed");
  inside[Symbol.dispose]();
  assertThrows(() => gate.enter(new Context()), RuntimeError);
});

Deno.test("Gate.close() tells everybody inside to give up, and not their clients", () => {
  const gate = new Gate("closed");
  const client = new Context();
  using one = gate.enter(client);
  using two = gate.enter(client);
  gate.close();
  assert(gate.isClosed);
  assertEquals(one.context.cause?.code, "FAILED_PRECONDITION");
  assertEquals(two.context.cause?.code, "FAILED_PRECONDITION");
  assertEquals(client.cause, undefined);
});

Deno.test("Gate.close() leaves alone who has left", () => {
  const gate = new Gate("closed");
  const pass = gate.enter(new Context());
  pass[Symbol.dispose]();
  gate.close();
  assertEquals(pass.context.cause, undefined);
});

Deno.test("Gate.close() tells everybody, though one leaves while it does", async () => {
  const gate = new Gate("closed");
  const one = gate.enter(new Context());
  using two = gate.enter(new Context());
  one.context.onCancel(() => one[Symbol.dispose]());
  gate.close();
  assertEquals(two.context.cause?.code, "FAILED_PRECONDITION");
  const drained = gate.drained(new Context());
  assert(await isPending(drained));
  two[Symbol.dispose]();
  await drained;
});

Deno.test("Gate.drained() waits for the last one inside, over a second close too", async () => {
  const gate = new Gate("closed");
  const one = gate.enter(new Context());
  const two = gate.enter(new Context());
  gate.close();
  const drained = gate.drained(new Context());
  one[Symbol.dispose]();
  gate.close();
  assert(await isPending(drained));
  assert(await isPending(gate.drained(new Context())));
  two[Symbol.dispose]();
  await drained;
  await gate.drained(new Context());
});

Deno.test("Gate.drained() waits for the other when one leaves twice", async () => {
  const gate = new Gate("closed");
  const one = gate.enter(new Context());
  using _two = gate.enter(new Context());
  gate.close();
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  const context = new Context();
  const drained = gate.drained(context);
  assert(await isPending(drained));
  context.cancel(cause);
  await assertRejects(() => drained);
});

Deno.test("Gate.drained() waits for nobody where nobody is inside", async () => {
  const gate = new Gate("closed");
  gate.close();
  await gate.drained(new Context());
});

Deno.test("Gate.drained() throws the cause when its context ends; the gate stays closed", async () => {
  const gate = new Gate("closed");
  using _inside = gate.enter(new Context());
  gate.close();
  const context = new CountingContext();
  const drained = gate.drained(context);
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => drained), cause);
  assert(gate.isClosed);
  assertEquals(context.listenerCount, 0);
});
