import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { once } from "node:events";

import type { RuntimeError } from "../../../../../src/errors.ts";
import { edge, execRequest, FakeClock, nextTurn, portsRequest } from "../fixture.ts";
import { SpdyClient, upgrade } from "../spdy_client.ts";

const V4 = "v4.channel.k8s.io";
const PORTS = "portforward.k8s.io";

Deno.test("a session answers a client's pings, and not what answers its own", async () => {
  await using it = await edge({});
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PORTS);
  for (const id of [1, 2, 0xffff_ffff]) client.send({ type: "ping", id });
  client.socket.end();
  await client.closed;
  const pings = client.frames.filter((it) => it.type === "ping");
  assertEquals(pings, [{ type: "ping", id: 1 }, { type: "ping", id: 0xffff_ffff }]);
});

Deno.test("a session passes over settings, windows, and data of streams that are over", async () => {
  await using it = await edge({ forwardPort: () => Promise.resolve() });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PORTS);
  const { id, isTaken } = await client.open({ streamtype: "data", port: "80", requestid: "0" });
  assert(await isTaken);
  client.send({ type: "settings" });
  client.send({ type: "windowUpdate", streamId: id, delta: 1 });
  client.send({
    type: "headers",
    streamId: id,
    isFin: false,
    block: await client.block({ a: "b" }),
  });
  client.send({ type: "rstStream", streamId: id, status: 5 });
  client.send({ type: "data", streamId: id, isFin: true, bytes: new Uint8Array(9) });
  assert(await (await client.open({ streamtype: "data", port: "80" })).isTaken);
});

Deno.test("a session has so many streams and no more, until some are over", async () => {
  await using it = await edge({});
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PORTS);
  const open = (index: number) =>
    client.open({ streamtype: "data", port: "80", requestid: `${index}` });
  const streams = await Promise.all(Array.from({ length: 1025 }, (_, index) => open(index)));
  const taken = await Promise.all(streams.map((it) => it.isTaken));
  assertEquals(taken, [...Array.from({ length: 1024 }, () => true), false]);
  streams[0]?.reset();
  assert(await (await open(2000)).isTaken);
});

Deno.test("a session ends with GOAWAY when a client breaks the rules", async () => {
  const block = new Uint8Array(20);
  const broken = [
    { type: "synStream", streamId: 1, isFin: false, block },
    { type: "data", streamId: 1, isFin: false, bytes: block },
  ] as const;
  for (const frame of broken) {
    await using it = await edge({});
    await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PORTS);
    client.send(frame);
    await client.goAway;
    client.socket.end();
    await client.closed;
    assertEquals(client.frames, [
      { type: "goAway", lastStreamId: 0, status: 1 },
      { type: "goAway", lastStreamId: 0, status: 0 },
    ]);
  }
  await using it = await edge({});
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PORTS);
  for (const streamId of [3, 1]) {
    const headers = await client.block({ streamtype: "data", port: "80" });
    client.send({ type: "synStream", streamId, isFin: false, block: headers });
  }
  await client.goAway;
  client.socket.end();
  await client.closed;
});

Deno.test("a session ends in order, whatever comes", async () => {
  await using it = await edge({ forwardPort: () => Promise.resolve() });
  const header = fc.constantFrom([0x80, 3, 0, 1], [0x80, 3, 0, 6], [0, 0, 0, 8], [0, 0, 0, 0]);
  const garbage = fc.array(fc.oneof(fc.uint8Array({ maxLength: 30 }), header), { maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(garbage, async (chunks) => {
      const [socket] = await upgrade(it.server.urlFor(portsRequest()), { protocols: [PORTS] });
      socket.resume();
      for (const chunk of chunks) socket.write(Uint8Array.from(chunk));
      socket.end();
      if (!socket.closed) await once(socket, "close");
    }),
    { numRuns: 50 },
  );
  assertEquals(it.reported, []);
});

Deno.test("a client that goes away while nobody reads from it is noticed by asking", async () => {
  const clock = new FakeClock();
  const cause = Promise.withResolvers<RuntimeError>();
  const running = Promise.withResolvers<void>();
  let hasGone = false;
  await using it = await edge({
    exec: async (_request, _streams, context) => {
      context.onCancel((it) => {
        hasGone = true;
        cause.resolve(it);
      });
      running.resolve();
      await cause.promise;
      return 0;
    },
  }, { clock });
  const url = it.server.urlFor(execRequest({ stdin: true }));
  await using client = await SpdyClient.connect(url, V4);
  const { stdin } = await client.openAll("error", "stdin");
  await running.promise;
  assertEquals(clock.timers, 0);
  const writing = stdin.write(new Uint8Array(32 * 1024 * 1024));
  while (clock.timers === 0) await nextTurn();
  client.socket.destroy();
  while (!hasGone) {
    clock.move(10_000);
    await nextTurn();
  }
  assertEquals((await cause.promise).code, "CANCELLED");
  await writing;
});
