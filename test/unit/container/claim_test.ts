import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";

import { Claim } from "../../../src/container/claim.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { CountingContext, isPending } from "../fakes.ts";

Deno.test("Claim.take() is refused while somebody has it, whatever for", () => {
  const claim = new Claim();
  using _held = claim.take("removing");
  for (const kind of ["starting", "removing"] as const) {
    const error = assertThrows(() => claim.take(kind), RuntimeError);
    assertEquals(error.code, "FAILED_PRECONDITION");
    assertEquals(error.message, "container is already in removing state");
  }
  assertEquals(claim.kind, "removing");
});

Deno.test("Claim.take() is possible again when the claim was given back", () => {
  const claim = new Claim();
  assertEquals(claim.kind, undefined);
  claim.take("starting")[Symbol.dispose]();
  assertEquals(claim.kind, undefined);
  using _held = claim.take("removing");
  assertEquals(claim.kind, "removing");
});

Deno.test("Claim.released() waits for nobody when nobody has it", async () => {
  await new Claim().released(new Context());
});

Deno.test("Claim.released() waits until it is given back", async () => {
  const claim = new Claim();
  const held = claim.take("starting");
  const released = claim.released(new Context());
  assert(await isPending(released));
  held[Symbol.dispose]();
  await released;
});

Deno.test("Claim.released() waits on when somebody was faster", async () => {
  const claim = new Claim();
  const first = claim.take("starting");
  const released = claim.released(new Context());
  assert(await isPending(released));
  first[Symbol.dispose]();
  const second = claim.take("removing");
  assert(await isPending(released));
  second[Symbol.dispose]();
  await released;
});

Deno.test("Claim.released() throws the cause when its context ends; the claim stays", async () => {
  const claim = new Claim();
  using _held = claim.take("starting");
  const context = new CountingContext();
  const cause = new RuntimeError("CANCELLED", "the client left");
  const released = claim.released(context);
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => released), cause);
  assertEquals(claim.kind, "starting");
  assertEquals(context.listenerCount, 0);
});

Deno.test("Claim.takeWhenReleased() takes at once what nobody has", async () => {
  const claim = new Claim();
  using _held = await claim.takeWhenReleased("removing", new Context());
  assertEquals(claim.kind, "removing");
});

Deno.test("Claim.takeWhenReleased() gives the claim to one of two who wait, then to the other", async () => {
  const claim = new Claim();
  const held = claim.take("starting");
  const one = claim.takeWhenReleased("removing", new Context());
  const two = claim.takeWhenReleased("removing", new Context());
  assert(await isPending(one));
  held[Symbol.dispose]();
  const first = await one;
  assertEquals(claim.kind, "removing");
  assert(await isPending(two));
  first[Symbol.dispose]();
  using _second = await two;
  assertEquals(claim.kind, "removing");
});

Deno.test("Claim.takeWhenReleased() takes nothing when its context ends first", async () => {
  const claim = new Claim();
  const held = claim.take("starting");
  const context = new CountingContext();
  const cause = new RuntimeError("CANCELLED", "the client left");
  const waiting = claim.takeWhenReleased("removing", context);
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => waiting), cause);
  assertEquals(claim.kind, "starting");
  held[Symbol.dispose]();
  assertEquals(claim.kind, undefined);
  assertEquals(context.listenerCount, 0);
});
