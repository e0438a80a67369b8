import { assertEquals } from "@std/assert";
import type { ByteSource } from "../../src/kernel/streams.ts";
import { textOf } from "../../src/utf8.ts";
import { assertCancellable, assertRefused, background, type Promises, start } from "./fixture.ts";

/** Promises of sockets. */
export const socketPromises: Promises = {
  "connect() refuses what is not there, and what nobody listens at": async (fixture) => {
    const { kernel: { files }, programs, scratch } = fixture;
    await assertRefused(files.connect(`${scratch}/none`), "ENOENT");
    await files.writeFile(`${scratch}/file`, "no socket");
    await assertRefused(files.connect(`${scratch}/file`), "ECONNREFUSED");
    using peer = await start(fixture, programs.converse(`${scratch}/socket`));
    using socket = await files.connect(`${scratch}/socket`);
    socket.end();
    await peer.child.exited(background);
    await assertRefused(files.connect(`${scratch}/socket`), "ECONNREFUSED");
  },

  "read() gives a packet at a time, in order, and then the end": async (fixture) => {
    const { kernel: { files }, programs, scratch } = fixture;
    using _peer = await start(fixture, programs.converse(`${scratch}/socket`));
    using socket = await files.connect(`${scratch}/socket`);
    await socket.write(bytesOf("one"), background);
    assertEquals(await packetsOf(socket, 2), ["hello", "!one"]);
    await socket.write(bytesOf("two"), background);
    assertEquals(await packetsOf(socket, 1), ["!two"]);
    socket.end();
    socket.end();
    assertEquals(await packetsOf(socket, 3), ["bye", "end", "end"]);
  },

  "connect() takes paths that are longer than an address": async (fixture) => {
    const { kernel: { files }, programs, scratch } = fixture;
    const folder = `${scratch}/${"long".repeat(30)}`;
    await files.mkdir(folder);
    // Its program has to take a short one.
    await files.symlink(folder, `${scratch}/short`);
    using _peer = await start(fixture, programs.converse(`${scratch}/short/socket`));
    using socket = await files.connect(`${folder}/socket`);
    assertEquals(await packetsOf(socket, 1), ["hello"]);
  },

  "a read of a socket can be cancelled, and loses nothing": async (fixture) => {
    const { kernel: { files }, programs, scratch } = fixture;
    using _peer = await start(fixture, programs.converse(`${scratch}/socket`));
    using socket = await files.connect(`${scratch}/socket`);
    assertEquals(await packetsOf(socket, 1), ["hello"]);
    await assertCancellable((context) => socket.read(context));
    await socket.write(bytesOf("more"), background);
    assertEquals(await packetsOf(socket, 1), ["!more"]);
  },

  "a write to a socket is refused when the other side has gone": async (fixture) => {
    const { kernel: { files }, programs, scratch } = fixture;
    using peer = await start(fixture, programs.converse(`${scratch}/socket`));
    using socket = await files.connect(`${scratch}/socket`);
    await peer.child.signal(9);
    await peer.child.exited(background);
    await assertRefused(socket.write(bytesOf("late"), background), "EPIPE");
    // What it had sent before may come first.
    const packets = await packetsOf(socket, 2);
    assertEquals(packets.at(-1), "end");
  },
};

/** So many packets as text; "end" where there are no more. */
async function packetsOf(from: ByteSource, count: number): Promise<readonly string[]> {
  const packets: string[] = [];
  while (packets.length < count) {
    const packet = await from.read(background);
    packets.push(packet === undefined ? "end" : textOf(packet));
  }
  return packets;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
