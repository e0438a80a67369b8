import { assert, assertEquals } from "@std/assert";
import { pump } from "../../../../../src/kernel/pump.ts";

import { RuntimeError } from "../../../../../src/errors.ts";
import {
  assertSameBytes,
  bytes,
  edge,
  FakeClock,
  pattern,
  portsRequest,
  readAll,
  text,
} from "../fixture.ts";
import { type ClientStream, SpdyClient } from "../spdy_client.ts";

const PROTOCOL = "portforward.k8s.io";

interface Pair {
  readonly data: ClientStream;
  readonly error: ClientStream;
}

async function openPair(client: SpdyClient, port: number, requestid: string): Promise<Pair> {
  const headers = { port: String(port), requestid };
  const error = await client.open({ ...headers, streamtype: "error" });
  return { error, data: await client.open({ ...headers, streamtype: "data" }) };
}

Deno.test("many connections go over one session at once, each to its port", async () => {
  const begun: number[] = [];
  const allBegun = Promise.withResolvers<void>();
  await using it = await edge({
    forwardPort: async (podSandboxId, port, { fromClient, toClient }, context) => {
      assertEquals(podSandboxId, "pod1");
      begun.push(port);
      if (begun.length === 20) allBegun.resolve();
      const heard = await readAll(fromClient, context);
      await allBegun.promise;
      await toClient.write(bytes(`${port}: ${text(heard)}`), context);
      toClient.end();
    },
  });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PROTOCOL);
  const ports = Array.from({ length: 20 }, (_, index) => 8000 + index);
  const answers = await Promise.all(ports.map(async (port) => {
    const { data, error } = await openPair(client, port, `r${port}`);
    error.end();
    await data.write(bytes(`hello ${port}`));
    data.end();
    return [text(await data.all), text(await error.all)];
  }));
  assertEquals(answers, ports.map((port) => [`${port}: hello ${port}`, ""]));
  client.socket.end();
  await client.closed;
  assertEquals(it.reported, []);
});

Deno.test("20 MB go both ways through a forwarded port, unchanged", async () => {
  await using it = await edge({
    forwardPort: (_pod, _port, { fromClient, toClient }, context) =>
      pump(fromClient, toClient, context),
  });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PROTOCOL);
  const { data } = await openPair(client, 80, "0");
  const sent = pattern(20 * 1024 * 1024);
  await data.write(sent);
  data.end();
  await assertSameBytes(await data.all, sent);
});

Deno.test("a connection that cannot be had is told, and others go on", async () => {
  await using it = await edge({
    forwardPort: async (_pod, port, { fromClient, toClient }, context) => {
      if (port === 81) throw new RuntimeError("UNAVAILABLE", "nobody listens");
      if (port === 82) throw new Error("a bug");
      await toClient.write(await readAll(fromClient, context), context);
    },
  });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PROTOCOL);
  const good = await openPair(client, 80, "0");
  const refused = await openPair(client, 81, "1");
  const broken = await openPair(client, 82, "2");
  assertEquals(
    text(await refused.error.all),
    'Cannot forward port 81 of pod "pod1": nobody listens',
  );
  assertEquals(text(await broken.error.all), 'Cannot forward port 82 of pod "pod1": a bug');
  await refused.data.all;
  await good.data.write(bytes("still here"));
  good.data.end();
  assertEquals(text(await good.data.all), "still here");
  assertEquals(it.reported.map(String), ["Error: a bug"]);
});

Deno.test("a stream that the client takes back ends its connection, and is no error", async () => {
  const cause = Promise.withResolvers<RuntimeError>();
  await using it = await edge({
    forwardPort: async (_pod, port, { fromClient, toClient }, context) => {
      if (port === 80) context.onCancel(cause.resolve);
      await toClient.write(await readAll(fromClient, context), context);
    },
  });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PROTOCOL);
  const taken = await openPair(client, 80, "0");
  const other = await openPair(client, 81, "1");
  assert(await taken.data.isTaken);
  taken.data.reset();
  assertEquals((await cause.promise).code, "CANCELLED");
  assertEquals(text(await taken.error.all), "");
  other.data.end();
  assertEquals(text(await other.error.all), "");
});

Deno.test("a stream without its other half is given up after the creation timeout", async () => {
  const clock = new FakeClock();
  await using it = await edge({}, { clock });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PROTOCOL);
  const error = await client.open({ streamtype: "error", port: "80", requestid: "0" });
  const data = await client.open({ streamtype: "data", port: "80", requestid: "1" });
  assert(await error.isTaken && await data.isTaken);
  clock.move(30_000);
  assertEquals(text(await error.all), "timed out waiting for the data stream");
  assertEquals(text(await data.all), "");
  assertEquals(clock.timers, 0);
});

Deno.test("a stream that does not say what it is for, or is there twice, is refused", async () => {
  await using it = await edge({ forwardPort: () => Promise.resolve() });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PROTOCOL);
  const refused = [
    { streamtype: "data" },
    { port: "80" },
    { streamtype: "stdin", port: "80" },
    { streamtype: "data", port: "0" },
    { streamtype: "data", port: "65536" },
    { streamtype: "data", port: "0x50" },
  ];
  for (const headers of refused) {
    assertEquals(await (await client.open(headers)).isTaken, false, JSON.stringify(headers));
  }
  const half = { streamtype: "error", port: "80", requestid: "7" };
  assertEquals(await (await client.open(half)).isTaken, true);
  assertEquals(await (await client.open(half)).isTaken, false);
});

Deno.test("streams without a request's id belong together by their own ids", async () => {
  await using it = await edge({
    forwardPort: (_pod, port, { toClient }, context) => toClient.write(bytes(`${port}`), context),
  });
  await using client = await SpdyClient.connect(it.server.urlFor(portsRequest()), PROTOCOL);
  for (const port of ["80", "81"]) {
    const error = await client.open({ streamtype: "error", port });
    const data = await client.open({ streamtype: "data", port });
    assertEquals([text(await data.all), text(await error.all)], [port, ""]);
  }
});
