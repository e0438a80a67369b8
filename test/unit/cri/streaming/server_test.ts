import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { once } from "node:events";
import { connect } from "node:net";

import { serveStreams } from "../../../../src/cri/streaming/server.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { edge, execRequest, FakeClock, nextTurn, portsRequest, readAll, text } from "./fixture.ts";
import { SpdyClient, upgrade } from "./spdy_client.ts";
import { connectWebSocket } from "./web_socket_client.ts";

const V4 = "v4.channel.k8s.io";

/** The status of an upgrade that is refused, with what its head says. */
async function refusal(
  url: string,
  options: Parameters<typeof upgrade>[1] = {},
): Promise<[status: number, head: string]> {
  const [socket, { status, head }] = await upgrade(url, options);
  socket.resume();
  if (!socket.closed) await once(socket, "close");
  return [status, head];
}

Deno.test("urlFor() tells where streams are, by the kind of request", async () => {
  await using it = await edge({});
  const urls = [
    execRequest(),
    execRequest({ kind: "attach" }),
    portsRequest(80),
  ].map((request) => it.server.urlFor(request));
  for (const [index, kind] of ["exec", "attach", "portforward"].entries()) {
    const pattern = new RegExp(`^http://127\\.0\\.0\\.1:[1-9]\\d*/${kind}/[\\w-]{32}$`);
    assert(pattern.test(urls[index] ?? ""), urls[index]);
  }
});

Deno.test("a token is good once, for what it was given for, with GET or POST", async () => {
  await using it = await edge({ exec: () => Promise.resolve(0) });
  const url = it.server.urlFor(execRequest({ stdout: true }));
  await using client = await SpdyClient.connect(url, V4);
  assertEquals((await refusal(url))[0], 404);
  assertEquals((await refusal(url.replace(/.$/, "")))[0], 404);
  const other = it.server.urlFor(execRequest({ stdout: true }));
  assertEquals((await refusal(other.replace("exec", "attach")))[0], 404);
  const put = it.server.urlFor(execRequest({ stdout: true }));
  assertEquals((await refusal(put, { method: "PUT" }))[0], 404);
  const [socket, { status }] = await upgrade(it.server.urlFor(execRequest({ stdout: true })), {
    method: "GET",
  });
  assertEquals(status, 101);
  await using _client = new SpdyClient(socket, new Uint8Array(0));
  await client.openAll("error", "stdout");
  await client.goAway;
});

Deno.test("a request without an upgrade is bad, or finds nothing", async () => {
  await using it = await edge({});
  for (const method of ["GET", "POST"]) {
    const url = it.server.urlFor(execRequest({ stdout: true }));
    for (const status of [400, 404]) {
      const response = await fetch(url, { method });
      await response.body?.cancel();
      assertEquals(response.status, status);
    }
  }
  const root = await fetch(`http://${it.server.address}/`);
  await root.body?.cancel();
  assertEquals(root.status, 404);
});

Deno.test("an upgrade to a protocol that is not spoken here is refused, with those that are", async () => {
  await using it = await edge({});
  const url = () => it.server.urlFor(execRequest({ stdout: true }));
  assertEquals((await refusal(url(), { upgrade: "h2c" }))[0], 400);
  const [status, head] = await refusal(url(), { protocols: ["v9.channel.k8s.io"] });
  assertEquals(status, 403);
  assert(head.includes(`X-Accepted-Stream-Protocol-Versions: ${V4}`), head);
  const ports = it.server.urlFor(portsRequest());
  assertEquals((await refusal(ports, { protocols: [V4] }))[0], 403);
  await assertRejects(() => connectWebSocket(url(), "v9.channel.k8s.io"), Error, "403");
});

Deno.test("a protocol is agreed on by name, and what came early is not lost", async () => {
  await using it = await edge({
    exec: async (_request, { stdin }, context) => (await readAll(stdin, context)).length,
  });
  const url = it.server.urlFor(execRequest({ stdin: true }));
  const early = Uint8Array.of(0x80, 0x03, 0, 6, 0, 0, 0, 4, 0, 0, 0, 7);
  const [socket, { status, head, rest }] = await upgrade(url, {
    protocols: ["v9.channel.k8s.io, v3.channel.k8s.io", V4],
    early,
  });
  assertEquals(status, 101);
  assert(head.includes("Upgrade: SPDY/3.1"), head);
  assert(head.includes("X-Stream-Protocol-Version: v3.channel.k8s.io"), head);
  await using client = new SpdyClient(socket, rest);
  const { error, stdin } = await client.openAll("error", "stdin");
  stdin.end();
  assertEquals(text(await error.all), "");
  assertEquals(client.frames.find((it) => it.type === "ping"), { type: "ping", id: 7 });
});

Deno.test("close() cancels what runs with UNAVAILABLE, tells its clients, and leaves nothing open", async () => {
  const causes: string[] = [];
  const bothRun = Promise.withResolvers<void>();
  let running = 0;
  await using it = await edge({
    exec: async (_request, { stdin }, context) => {
      context.onCancel((cause) => causes.push(cause.code));
      if (++running === 2) bothRun.resolve();
      await stdin?.read(context);
      return 0;
    },
  });
  const request = execRequest({ stdin: true });
  await using spdy = await SpdyClient.connect(it.server.urlFor(request), V4);
  const { error } = await spdy.openAll("error", "stdin");
  await using webSocket = await connectWebSocket(it.server.urlFor(request), V4);
  const { hostname, port } = new URL(`http://${it.server.address}`);
  const idle = connect(Number(port), hostname);
  await once(idle, "connect");
  await bothRun.promise;
  const closing = it.server.close(5_000);
  assertThrows(() => it.server.urlFor(request), RuntimeError, "shutting down");
  idle.resume();
  const words = "the daemon is shutting down";
  assert(JSON.parse(text(await error.all)).message.includes(words));
  spdy.socket.end();
  await webSocket.closed;
  assert(text(webSocket.on(3)).includes(words));
  await closing;
  await it.server.close(0);
  assertEquals(causes, ["UNAVAILABLE", "UNAVAILABLE"]);
  assertEquals(it.reported, []);
  if (!idle.closed) await once(idle, "close");
  await assertRejects(() => fetch(`http://${it.server.address}/`));
});

Deno.test("a connection that brings no request in time is ended", async () => {
  const clock = new FakeClock();
  await using it = await edge({}, { clock });
  const { hostname, port } = new URL(`http://${it.server.address}`);
  const socket = connect(Number(port), hostname);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  // It may be reset, since nobody has read what it brought.
  socket.on("error", () => {}).on("close", () => resolve());
  await once(socket, "connect");
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
  while (clock.timers === 0) await nextTurn();
  clock.move(10_000);
  socket.resume();
  await closed;
});

Deno.test("a connection over which nothing happens for too long is ended", async () => {
  for (const protocol of ["spdy", "websocket"]) {
    const cause = Promise.withResolvers<RuntimeError>();
    await using it = await edge({
      exec: async (_request, { stdin }, context) => {
        context.onCancel(cause.resolve);
        await readAll(stdin, context);
        return 0;
      },
    }, { idleMs: 50 });
    const url = it.server.urlFor(execRequest({ stdin: true }));
    if (protocol === "spdy") {
      await using client = await SpdyClient.connect(url, V4);
      await client.openAll("error", "stdin");
      assertEquals((await cause.promise).code, "DEADLINE_EXCEEDED");
    } else {
      await using _client = await connectWebSocket(url, V4);
      assertEquals((await cause.promise).code, "DEADLINE_EXCEEDED");
    }
  }
});

Deno.test("serveStreams() says when an address cannot be had", async () => {
  await using it = await edge({});
  const [address = "", port] = it.server.address.split(":");
  const options = { address, port: Number(port), idleMs: 1000, creationMs: 1000 };
  const operations = { exec: never, attach: never, forwardPort: never };
  const error = await assertRejects(
    () => serveStreams({ ...options, operations }),
    RuntimeError,
    "EADDRINUSE",
  );
  assertEquals(error.code, "UNAVAILABLE");
});

function never(): never {
  throw new Error("nobody was to ask for this");
}
