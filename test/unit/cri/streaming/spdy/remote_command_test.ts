import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";

import { RuntimeError } from "../../../../../src/errors.ts";
import type { TerminalSize } from "../../../../../src/kernel/streams.ts";
import {
  assertSameBytes,
  bytes,
  edge,
  execRequest,
  FakeClock,
  nextTurn,
  pattern,
  readAll,
  text,
} from "../fixture.ts";
import { SpdyClient } from "../spdy_client.ts";

const V4 = "v4.channel.k8s.io";

/** What may be on its way: mostly the kernel's own buffers (man 7 tcp, tcp_rmem and tcp_wmem). */
const inFlightMax = 16 * 1024 * 1024;

Deno.test("a command over SPDY gets stdin to its end, and its output and exit code come back", async () => {
  await using it = await edge({
    exec: async (request, { stdin, stdout, stderr }, context) => {
      assertEquals(request, { containerId: "a1b2", command: ["true"], tty: false });
      const input = await readAll(stdin, context);
      await stdout?.write(bytes(`got ${text(input)}`), context);
      await stderr?.write(bytes("warning"), context);
      return 3;
    },
  });
  const url = it.server.urlFor(execRequest({ stdin: true, stdout: true, stderr: true }));
  await using client = await SpdyClient.connect(url, V4);
  const { error, stdin, stdout, stderr } = await client.openAll(
    "error",
    "stdin",
    "stdout",
    "stderr",
  );
  await stdin.write(bytes("hel"));
  await stdin.write(bytes("lo"));
  stdin.end();
  assertEquals(text(await stdout.all), "got hello");
  assertEquals(text(await stderr.all), "warning");
  assertEquals(JSON.parse(text(await error.all)), {
    metadata: {},
    status: "Failure",
    message: "command terminated with non-zero exit code: exit code 3",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "3" }] },
  });
  await client.goAway;
  client.socket.end();
  await client.closed;
  assertEquals(it.reported, []);
});

Deno.test("a command over SPDY that succeeds says so in JSON, or in silence before version 4", async () => {
  await using it = await edge({ exec: () => Promise.resolve(0) });
  for (
    const [protocols, words] of [
      [[V4, "v3.channel.k8s.io"], '{"metadata":{},"status":"Success"}'],
      [["v9.channel.k8s.io", "v3.channel.k8s.io"], ""],
      [["v2.channel.k8s.io"], ""],
      [["channel.k8s.io"], ""],
      [[], ""],
    ] as const
  ) {
    const url = it.server.urlFor(execRequest({ stdout: true }));
    await using client = await SpdyClient.connect(url, ...protocols);
    const { stdout, error } = await client.openAll("stdout", "error");
    assertEquals(text(await error.all), words);
    assertEquals(text(await stdout.all), "");
  }
});

Deno.test("a command over SPDY that cannot run says why, and nobody else hears of a refusal", async () => {
  const refusals = [new RuntimeError("NOT_FOUND", "no such container"), new Error("a bug")];
  await using it = await edge({ exec: () => Promise.reject(refusals.shift()) });
  for (const message of ["no such container", "a bug"]) {
    const url = it.server.urlFor(execRequest({ stdout: true }));
    await using client = await SpdyClient.connect(url, V4);
    const { error } = await client.openAll("stdout", "error");
    const { status, reason, details, code } = JSON.parse(text(await error.all));
    assertEquals([status, reason, code], ["Failure", "InternalError", 500]);
    assertEquals(details, { causes: [{ message }] });
  }
  assertEquals(it.reported.map(String), ["Error: a bug"]);
});

Deno.test("20 MB go both ways over SPDY, unchanged", async () => {
  await using it = await edge({
    exec: async (_request, { stdin, stdout }, context) => {
      for (;;) {
        const chunk = await stdin?.read(context);
        if (chunk === undefined) return 0;
        await stdout?.write(chunk, context);
      }
    },
  });
  const url = it.server.urlFor(execRequest({ stdin: true, stdout: true }));
  await using client = await SpdyClient.connect(url, V4);
  const { stdin, stdout } = await client.openAll("error", "stdin", "stdout");
  const sent = pattern(20 * 1024 * 1024);
  await stdin.write(sent);
  stdin.end();
  await assertSameBytes(await stdout.all, sent);
});

Deno.test("a command over SPDY is held up by a client that reads slowly", async () => {
  let received = () => 0;
  let aheadMax = 0;
  const whole = pattern(48 * 1024 * 1024);
  await using it = await edge({
    exec: async (_request, { stdout }, context) => {
      for (let at = 0; at < whole.length; at += 65_536) {
        await stdout?.write(whole.subarray(at, at + 65_536), context);
        aheadMax = Math.max(aheadMax, at - received());
      }
      return 0;
    },
  });
  const url = it.server.urlFor(execRequest({ stdout: true }));
  await using client = await SpdyClient.connect(url, V4);
  const { stdout, error } = await client.openAll("error", "stdout");
  received = stdout.received;
  client.socket.on("data", () => {
    client.socket.pause();
    setImmediate(() => client.socket.resume());
  });
  await assertSameBytes(await stdout.all, whole);
  assertEquals(JSON.parse(text(await error.all)).status, "Success");
  assert(aheadMax <= inFlightMax, `${aheadMax} bytes were on their way`);
});

Deno.test("a client over SPDY is held up by a command that reads slowly", async () => {
  let sent = () => 0;
  let aheadMax = 0;
  let length = 0;
  await using it = await edge({
    exec: async (_request, { stdin }, context) => {
      for (;;) {
        await nextTurn();
        aheadMax = Math.max(aheadMax, sent() - length);
        const chunk = await stdin?.read(context);
        if (chunk === undefined) return 0;
        length += chunk.length;
      }
    },
  });
  const url = it.server.urlFor(execRequest({ stdin: true }));
  await using client = await SpdyClient.connect(url, V4);
  const { socket } = client;
  sent = () => socket.bytesWritten - socket.writableLength;
  const { stdin, error } = await client.openAll("error", "stdin");
  const whole = pattern(48 * 1024 * 1024);
  await stdin.write(whole);
  stdin.end();
  assertEquals(JSON.parse(text(await error.all)).status, "Success");
  assertEquals(length, whole.length);
  assert(aheadMax <= inFlightMax, `${aheadMax} bytes were on their way`);
});

Deno.test("a terminal over SPDY hears the sizes that its client tells", async () => {
  const sizes: (TerminalSize | undefined)[] = [];
  await using it = await edge({
    exec: async (_request, streams, context) => {
      assertEquals(streams.stderr, undefined);
      while (sizes.at(-1)?.columns !== 132) sizes.push(await streams.sizes?.next(context));
      return 0;
    },
  });
  const url = it.server.urlFor(execRequest({ stdout: true, tty: true }));
  await using client = await SpdyClient.connect(url, V4);
  const { resize, error } = await client.openAll("error", "stdout", "resize");
  await resize.write(bytes('{"Width":80,"Heig'));
  await resize.write(bytes('ht":24}\n{"Width":132,"Height":50}\n'));
  assertEquals(JSON.parse(text(await error.all)).status, "Success");
  assertEquals(sizes.at(-1), { columns: 132, rows: 50 });
});

Deno.test("a client over SPDY that goes away cancels its command", async () => {
  for (const leave of ["destroy", "end", "goAway", "nonsense"] as const) {
    const running = Promise.withResolvers<void>();
    const cause = Promise.withResolvers<RuntimeError>();
    await using it = await edge({
      attach: async (_id, { stdin }, context) => {
        context.onCancel(cause.resolve);
        running.resolve();
        await readAll(stdin, context);
      },
    });
    const request = execRequest({ stdin: true, kind: "attach" });
    await using client = await SpdyClient.connect(it.server.urlFor(request), V4);
    await client.openAll("error", "stdin");
    await running.promise;
    if (leave === "destroy") client.socket.destroy();
    if (leave === "end") client.socket.end();
    if (leave === "goAway") client.send({ type: "goAway", lastStreamId: 0, status: 0 });
    if (leave === "nonsense") client.socket.write("GET / HTTP/1.1\r\n\r\n");
    assertEquals((await cause.promise).code, "CANCELLED", leave);
    await client.closed;
    assertEquals(it.reported, []);
  }
});

Deno.test("a client over SPDY that opens too few streams in time is told, and let go", async () => {
  const clock = new FakeClock();
  await using it = await edge({}, { clock });
  const url = it.server.urlFor(execRequest({ stdin: true, stdout: true }));
  await using client = await SpdyClient.connect(url, V4);
  const { error } = await client.openAll("error", "stdin");
  assert(await error.isTaken);
  clock.move(30_000);
  const { message } = JSON.parse(text(await error.all));
  assert(message.includes("not done within 30000 ms"), message);
  client.socket.end();
  await client.closed;
});

Deno.test("streams of a command that nobody knows, or that are there already, are refused", async () => {
  await using it = await edge({ exec: () => Promise.resolve(0) });
  await using client = await SpdyClient.connect(
    it.server.urlFor(execRequest({ stdout: true })),
    V4,
  );
  const error = await client.open({ streamtype: "error" });
  const again = await client.open({ streamtype: "error" });
  const unknown = await client.open({ streamtype: "data" });
  const unwanted = await client.open({ streamtype: "stderr" });
  assertEquals(await Promise.all([error, again, unknown, unwanted].map((it) => it.isTaken)), [
    true,
    false,
    false,
    true,
  ]);
  await client.open({ streamtype: "stdout" });
  assertEquals(JSON.parse(text(await error.all)).status, "Success");
});
