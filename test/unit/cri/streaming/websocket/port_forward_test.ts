import { assertEquals, assertRejects } from "@std/assert";
import { pump } from "../../../../../src/kernel/pump.ts";
// @ts-types="@types/ws"
import { createWebSocketStream } from "ws";
import type { Socket } from "node:net";

import { RuntimeError } from "../../../../../src/errors.ts";
import { assertSameBytes, bytes, edge, pattern, portsRequest, text } from "../fixture.ts";
import { SpdyClient } from "../spdy_client.ts";
import { connectWebSocket } from "../web_socket_client.ts";

const TUNNEL = "SPDY/3.1+portforward.k8s.io";

Deno.test("ports over a WebSocket's channels are announced, and connected", async () => {
  await using it = await edge({
    forwardPort: async (_pod, port, { fromClient, toClient }, context) => {
      if (port === 0x1234) throw new RuntimeError("UNAVAILABLE", "nobody listens");
      await toClient.write(await fromClient.read(context) ?? new Uint8Array(0), context);
    },
  });
  const url = it.server.urlFor(portsRequest(80, 0x1234));
  await using client = await connectWebSocket(url, "v4.channel.k8s.io");
  await client.send(0, bytes("hello"));
  assertEquals(await client.closed, 1000);
  assertEquals(client.on(0), Uint8Array.of(80, 0, ...bytes("hello")));
  assertEquals(client.on(1), Uint8Array.of(80, 0));
  assertEquals(client.on(2), Uint8Array.of(0x34, 0x12));
  assertEquals(
    text(client.on(3).subarray(2)),
    'Cannot forward port 4660 of pod "pod1": nobody listens',
  );
});

Deno.test("channels for no port at all are refused", async () => {
  await using it = await edge({});
  const url = it.server.urlFor(portsRequest());
  await assertRejects(() => connectWebSocket(url, "v4.channel.k8s.io"), Error, "400");
});

Deno.test("20 MB go both ways through SPDY in a WebSocket, unchanged", async () => {
  await using it = await edge({
    forwardPort: (_pod, _port, { fromClient, toClient }, context) =>
      pump(fromClient, toClient, context),
  });
  const url = it.server.urlFor(portsRequest());
  await using tunnel = await connectWebSocket(url, TUNNEL);
  assertEquals(tunnel.protocol, TUNNEL);
  const wire = createWebSocketStream(tunnel.socket) as unknown as Socket;
  const client = new SpdyClient(wire, new Uint8Array(0));
  const sent = pattern(20 * 1024 * 1024);
  await client.open({ streamtype: "error", port: "80", requestid: "0" });
  const data = await client.open({ streamtype: "data", port: "80", requestid: "0" });
  await data.write(sent);
  data.end();
  await assertSameBytes(await data.all, sent);
  client.socket.end();
  await client.closed;
});
