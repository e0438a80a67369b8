import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import type { Clock } from "../../../src/kernel/clock.ts";
import { Context, firstOf, sleep, waitFor } from "../../../src/kernel/context.ts";
import { CountingContext, FakeClock, isPending, partial, turnsTaken } from "../fakes.ts";

const cause = new RuntimeError("UNAVAILABLE", "the daemon is shutting down");

Deno.test("Context.cancel() calls the listeners in their order before it returns", () => {
  const context = new Context();
  const heard: unknown[] = [];
  context.onCancel((it) => heard.push(["first", it]));
  context.onCancel((it) => heard.push(["second", it]));
  context.cancel(cause);
  assertEquals(heard, [["first", cause], ["second", cause]]);
});

Deno.test("Context.cancel() keeps the first cause and calls nobody twice", () => {
  const context = new Context();
  let calls = 0;
  context.onCancel(() => calls++);
  context.cancel(cause);
  context.cancel(new RuntimeError("CANCELLED", "later"));
  assertStrictEquals(context.cause, cause);
  assertEquals(calls, 1);
});

Deno.test("Context.cancel() says CANCELLED when it is given no cause", () => {
  const context = new Context();
  context.cancel();
  assertEquals(context.cause?.code, "CANCELLED");
});

Deno.test("Context.cancel() passes over a listener that an earlier one disposed of", () => {
  const context = new Context();
  let isCalled = false;
  context.onCancel(() => second[Symbol.dispose]());
  const second = context.onCancel(() => isCalled = true);
  context.cancel();
  assertFalse(isCalled);
});

Deno.test("Context.onCancel() calls at once when the context is over", () => {
  const context = new Context();
  context.cancel(cause);
  const heard: unknown[] = [];
  context.onCancel((it) => heard.push(it))[Symbol.dispose]();
  assertEquals(heard, [cause]);
});

Deno.test("Context.onCancel() is called at once also while listeners are being called", () => {
  const context = new Context();
  const heard: string[] = [];
  context.onCancel(() => context.onCancel(() => heard.push("inner")));
  context.onCancel(() => heard.push("outer"));
  context.cancel();
  assertEquals(heard, ["inner", "outer"]);
});

Deno.test("Context.onCancel() forgets the listener that was disposed, and no other", () => {
  const context = new Context();
  const heard: string[] = [];
  const gone = context.onCancel(() => heard.push("gone"));
  context.onCancel(() => heard.push("left"));
  gone[Symbol.dispose]();
  gone[Symbol.dispose]();
  context.cancel();
  assertEquals(heard, ["left"]);
});

Deno.test("Context.throwIfCancelled() throws the cause, and nothing while the work is wanted", () => {
  const context = new Context();
  context.throwIfCancelled();
  assertEquals(context.cause, undefined);
  context.cancel(cause);
  assertStrictEquals(assertThrows(() => context.throwIfCancelled()), cause);
});

Deno.test("Context.background() is nobody else's", () => {
  const context = Context.background();
  Context.background().cancel();
  assertEquals(context.cause, undefined);
});

Deno.test("Context.child() ends with its parent, for the same cause", () => {
  const parent = new Context();
  using child = parent.child();
  let heard: unknown;
  child.onCancel((it) => heard = it);
  parent.cancel(cause);
  assertStrictEquals(child.cause, cause);
  assertStrictEquals(heard, cause);
});

Deno.test("Context.child() ends on its own and leaves parent and siblings alone", () => {
  const parent = new Context();
  using child = parent.child();
  using sibling = parent.child();
  child.cancel(cause);
  assertEquals([parent.cause, sibling.cause], [undefined, undefined]);
});

Deno.test("Context.child() of a context that is over is over", () => {
  const parent = new Context();
  parent.cancel(cause);
  using child = parent.child();
  assertStrictEquals(child.cause, cause);
});

Deno.test("Context.child() leaves its parent when it is disposed", () => {
  const parent = new CountingContext();
  const child = parent.child();
  assertEquals(parent.listenerCount, 1);
  child[Symbol.dispose]();
  assertEquals(parent.listenerCount, 0);
  parent.cancel(cause);
  assertEquals(child.cause, undefined);
});

Deno.test("Context.within() ends when the time is up, and not before", async () => {
  const clock = new FakeClock();
  const parent = new Context();
  using bounded = parent.within(clock, 50, "pull image");
  await clock.advance(49);
  assertEquals(bounded.cause, undefined);
  await clock.advance(1);
  assertEquals(bounded.cause?.code, "DEADLINE_EXCEEDED");
  assertEquals(bounded.cause?.message, "pull image: not done within 50 ms");
  assertEquals(parent.cause, undefined);
});

Deno.test("Context.within() ends with its parent, and keeps that cause", async () => {
  const clock = new FakeClock();
  const parent = new Context();
  using bounded = parent.within(clock, 50, "pull image");
  parent.cancel(cause);
  assertStrictEquals(bounded.cause, cause);
  await clock.advance(50);
  assertStrictEquals(bounded.cause, cause);
});

Deno.test("Context.within() cannot outlast a bound around it", async () => {
  const clock = new FakeClock();
  using outer = new Context().within(clock, 50, "outer");
  using inner = outer.within(clock, 100, "inner");
  await clock.advance(50);
  assertEquals(inner.cause?.message, "outer: not done within 50 ms");
});

Deno.test("Context.within() leaves neither timer nor listener when it is disposed", async () => {
  const clock = new FakeClock();
  const parent = new CountingContext();
  const bounded = parent.within(clock, 50, "pull image");
  assertEquals([clock.timerCount, parent.listenerCount], [1, 1]);
  bounded[Symbol.dispose]();
  assertEquals([clock.timerCount, parent.listenerCount], [0, 0]);
  await clock.advance(50);
  assertEquals(bounded.cause, undefined);
});

Deno.test("Context.within() sets no timer when the context is over", () => {
  const clock = new FakeClock();
  const parent = new Context();
  parent.cancel(cause);
  using bounded = parent.within(clock, 50, "pull image");
  assertStrictEquals(bounded.cause, cause);
  assertEquals(clock.timerCount, 0);
});

Deno.test("sleep() resolves when the time has come, not before, and leaves no listener", async () => {
  const clock = new FakeClock();
  const context = new CountingContext();
  const slept = sleep(clock, 50, context);
  await clock.advance(49);
  assert(await isPending(slept));
  await clock.advance(1);
  await slept;
  assertEquals(context.listenerCount, 0);
});

Deno.test("sleep() throws the cause when its context ends first, and leaves no timer", async () => {
  const clock = new FakeClock();
  const context = new Context();
  const slept = sleep(clock, 50, context);
  assertEquals(clock.timerCount, 1);
  context.cancel(cause);
  assertEquals(clock.timerCount, 0);
  assertStrictEquals(await assertRejects(() => slept), cause);
});

Deno.test("sleep() sets no timer when its context is over", async () => {
  const clock = partial<Clock>("clock", {});
  const context = new Context();
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => sleep(clock, 50, context)), cause);
});

Deno.test("waitFor() gives what the promise gives, and leaves no listener", async () => {
  const context = new CountingContext();
  assertEquals(await waitFor(Promise.resolve(7), context), 7);
  const error = new Error("refused");
  assertStrictEquals(await assertRejects(() => waitFor(Promise.reject(error), context)), error);
  assertEquals(context.listenerCount, 0);
});

Deno.test("waitFor() throws the cause when its context ends first; the work goes on", async () => {
  const context = new CountingContext();
  const work = Promise.withResolvers<number>();
  const waiting = waitFor(work.promise, context);
  assertEquals(context.listenerCount, 1);
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => waiting), cause);
  assertEquals(context.listenerCount, 0);
  assert(await isPending(work.promise));
  work.resolve(7);
  assertEquals(await work.promise, 7);
});

Deno.test("waitFor() throws the cause when its context is over, though the work is done", async () => {
  const context = new Context();
  context.cancel(cause);
  assertStrictEquals(
    await assertRejects(() => waitFor(Promise.resolve(7), context)),
    cause,
  );
});

Deno.test("firstOf() gives what the first one gives and cancels the others", async () => {
  const context = new CountingContext();
  const first = Promise.withResolvers<string>();
  const other = Promise.withResolvers<string>();
  let race: Context | undefined;
  const result = firstOf(context, () => first.promise, (it) => {
    race = it;
    return waitFor(other.promise, it);
  });
  assert(await isPending(result));
  assertEquals(race?.cause, undefined);
  first.resolve("first");
  assertEquals(await result, "first");
  assertEquals(race?.cause?.code, "CANCELLED");
  assertEquals(context.cause, undefined);
  assertEquals(context.listenerCount, 0);
});

Deno.test("firstOf() gives the earlier named when two are done", async () => {
  const one = () => Promise.resolve("one");
  const two = () => Promise.resolve("two");
  assertEquals(await firstOf(new Context(), one, two), "one");
  assertEquals(await firstOf(new Context(), two, one), "two");
});

Deno.test("firstOf() throws what the first one throws, and cancels the others", async () => {
  const error = new Error("refused");
  const context = new CountingContext();
  let race: Context | undefined;
  const failing = firstOf(context, (it) => {
    race = it;
    return waitFor(new Promise<string>(() => {}), it);
  }, () => Promise.reject(error));
  assertStrictEquals(await assertRejects(() => failing), error);
  assertEquals(race?.cause?.code, "CANCELLED");
  assertEquals(context.listenerCount, 0);
});

Deno.test("firstOf() lets a loser fail without an unhandled rejection", async () => {
  const loser = Promise.withResolvers<string>();
  assertEquals(
    await firstOf(new Context(), () => Promise.resolve("first"), () => loser.promise),
    "first",
  );
  loser.reject(new Error("too late"));
  await turnsTaken();
});

Deno.test("firstOf() throws the cause when its context ends, and leaves no timer", async () => {
  const clock = new FakeClock();
  const context = new CountingContext();
  const result = firstOf(
    context,
    (race) => sleep(clock, 50, race),
    (race) => waitFor(new Promise<void>(() => {}), race),
  );
  context.cancel(cause);
  assertStrictEquals(await assertRejects(() => result), cause);
  assertEquals([clock.timerCount, context.listenerCount], [0, 0]);
});
