import { assert, assertEquals } from "@std/assert";

import { EventStream, type LifecycleEvent, SUBSCRIBER_EVENTS_MAX } from "../../../src/events.ts";
import { SILENT, type Telemetry } from "../../../src/telemetry.ts";
import { isPending, partial } from "../fakes.ts";

function event(id: string): LifecycleEvent {
  return { type: "CREATED", id, sandboxId: "s1", at: 1 };
}

Deno.test("EventStream.publish() reaches every subscriber in the order of publishing", async () => {
  const stream = new EventStream(SILENT);
  using one = stream.subscribe();
  using two = stream.subscribe();
  stream.publish(event("1"));
  stream.publish(event("2"));
  for (const subscription of [one, two]) {
    assertEquals(await subscription.next(), event("1"));
    assertEquals(await subscription.next(), event("2"));
    assertEquals(subscription.droppedCount, 0);
  }
});

Deno.test("EventStream.publish() reaches nobody who came later", async () => {
  const stream = new EventStream(SILENT);
  stream.publish(event("1"));
  using subscription = stream.subscribe();
  stream.publish(event("2"));
  assertEquals(await subscription.next(), event("2"));
});

Deno.test("EventStream.publish() logs what happened", () => {
  const logged: unknown[] = [];
  const telemetry = partial<Telemetry>("telemetry", { log: (...args) => logged.push(args) });
  new EventStream(telemetry).publish(event("1"));
  assertEquals(logged, [["debug", "event", { type: "CREATED", id: "1" }]]);
});

Deno.test("EventStream.listen() tells each event as it is published, until it is disposed", () => {
  const stream = new EventStream(SILENT);
  const heard: string[] = [];
  const first = stream.listen(({ id }) => heard.push(`first ${id}`));
  using _second = stream.listen(({ id }) => heard.push(`second ${id}`));
  stream.publish(event("1"));
  assertEquals(heard, ["first 1", "second 1"]);
  first[Symbol.dispose]();
  stream.publish(event("2"));
  assertEquals(heard, ["first 1", "second 1", "second 2"]);
});

Deno.test("EventStream.listen() may be ended by what it tells, and others hear on", () => {
  const stream = new EventStream(SILENT);
  const heard: string[] = [];
  const once = stream.listen(() => once[Symbol.dispose]());
  using _other = stream.listen(({ id }) => heard.push(id));
  stream.publish(event("1"));
  stream.publish(event("2"));
  assertEquals(heard, ["1", "2"]);
});

Deno.test("Subscription.next() waits for the next event", async () => {
  const stream = new EventStream(SILENT);
  using subscription = stream.subscribe();
  for (const id of ["1", "2"]) {
    const next = subscription.next();
    assert(await isPending(next));
    stream.publish(event(id));
    assertEquals(await next, event(id));
  }
});

Deno.test("Subscription.next() misses nothing of a burst that wakes it", async () => {
  const stream = new EventStream(SILENT);
  using subscription = stream.subscribe();
  const next = subscription.next();
  assert(await isPending(next));
  stream.publish(event("1"));
  stream.publish(event("2"));
  assertEquals(await next, event("1"));
  assertEquals(await subscription.next(), event("2"));
});

Deno.test("Subscription.offer() keeps as many events as there is room for", async () => {
  const stream = new EventStream(SILENT);
  using subscription = stream.subscribe();
  for (let count = 1; count <= SUBSCRIBER_EVENTS_MAX; count++) stream.publish(event(`${count}`));
  assertEquals(subscription.droppedCount, 0);
  assertEquals(await subscription.next(), event("1"));
});

Deno.test("Subscription.offer() drops the oldest for a slow reader, and counts them", async () => {
  const stream = new EventStream(SILENT);
  using slow = stream.subscribe();
  using quick = stream.subscribe();
  const last = SUBSCRIBER_EVENTS_MAX + 2;
  for (let count = 1; count <= last; count++) {
    stream.publish(event(`${count}`));
    assertEquals(await quick.next(), event(`${count}`));
  }
  assertEquals([slow.droppedCount, quick.droppedCount], [2, 0]);
  for (let count = 3; count <= last; count++) {
    assertEquals(await slow.next(), event(`${count}`));
  }
  assert(await isPending(slow.next()));
});

Deno.test("Subscription[Symbol.dispose]() ends the wait for the next event", async () => {
  const subscription = new EventStream(SILENT).subscribe();
  const next = subscription.next();
  assert(await isPending(next));
  subscription[Symbol.dispose]();
  assertEquals(await next, undefined);
  assertEquals(await subscription.next(), undefined);
});

Deno.test("Subscription[Symbol.dispose]() lets the reader have what came before, and no more", async () => {
  const stream = new EventStream(SILENT);
  const subscription = stream.subscribe();
  using other = stream.subscribe();
  stream.publish(event("1"));
  subscription[Symbol.dispose]();
  stream.publish(event("2"));
  assertEquals(await subscription.next(), event("1"));
  assertEquals(await subscription.next(), undefined);
  assertEquals(await other.next(), event("1"));
  assertEquals(await other.next(), event("2"));
});
