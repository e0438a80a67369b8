import { assert, assertEquals, assertRejects } from "@std/assert";

import { Inbox } from "../../../../src/cri/streaming/inbox.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { Context } from "../../../../src/kernel/context.ts";
import { bytes, readAll, text } from "./fixture.ts";

const background = Context.background();

Deno.test("Inbox gives what was pushed, in order, and then its end", async () => {
  const inbox = new Inbox();
  const reading = readAll(inbox, background);
  inbox.push(bytes("a"));
  inbox.push(new Uint8Array(0));
  inbox.push(bytes("b"));
  inbox.end();
  inbox.push(bytes("too late"));
  assertEquals(text(await reading), "ab");
  assertEquals(await inbox.read(background), undefined);
});

Deno.test("Inbox.read() loses nothing when its context ends", async () => {
  const inbox = new Inbox();
  const context = new Context();
  const reading = inbox.read(context);
  context.cancel();
  await assertRejects(() => reading, RuntimeError, "cancelled");
  inbox.push(bytes("a"));
  await assertRejects(() => inbox.read(context), RuntimeError, "cancelled");
  assertEquals(await inbox.read(background), bytes("a"));
});

Deno.test("Inbox.read() gives what is there before it says that the client has gone", async () => {
  const inbox = new Inbox();
  inbox.push(bytes("a"));
  inbox.end(new RuntimeError("UNAVAILABLE", "gone"));
  inbox.end();
  assertEquals(await inbox.read(background), bytes("a"));
  await assertRejects(() => inbox.read(background), RuntimeError, "gone");
});

Deno.test("Inbox has room again once enough was read, or nobody wants it", async () => {
  const full = () => {
    const inbox = new Inbox();
    for (let count = 1; !inbox.isFull; count++) {
      assert(count <= 64, "it never gets full");
      inbox.push(new Uint8Array(1024));
    }
    return inbox;
  };
  const read = full();
  const hasRoom = read.room(background);
  await read.read(background);
  await hasRoom;
  const thrownAway = full();
  const isEmpty = thrownAway.room(background);
  thrownAway.discard();
  await isEmpty;
  thrownAway.push(new Uint8Array(1 << 20));
  assert(!thrownAway.isFull);
  const context = new Context();
  const waiting = full().room(context);
  context.cancel();
  await assertRejects(() => waiting, RuntimeError);
});

Deno.test("Inbox gets full of single bytes as well, and keeps no more than those", async () => {
  const inbox = new Inbox();
  let count = 0;
  for (; !inbox.isFull; count++) inbox.push(new Uint8Array(65_536).subarray(0, 1));
  assert(count < 1000, `${count} chunks`);
  assertEquals((await inbox.read(background))?.buffer.byteLength, 1);
});
