import { assert, assertEquals } from "@std/assert";

import type { RuntimeError } from "../../../../../src/errors.ts";
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
import { connectWebSocket } from "../web_socket_client.ts";

const V4 = "v4.channel.k8s.io";
const V5 = "v5.channel.k8s.io";

const [STDIN, STDOUT, STDERR, ERROR, RESIZE, END] = [0, 1, 2, 3, 4, 255] as const;

/** What may be on its way: mostly the kernel's own buffers (man 7 tcp, tcp_rmem and tcp_wmem). */
const inFlightMax = 16 * 1024 * 1024;

Deno.test("a command over WebSocket gets stdin to its end, and its output and exit code come back", async () => {
  await using it = await edge({
    exec: async (_request, { stdin, stdout, stderr }, context) => {
      const input = await readAll(stdin, context);
      await stdout?.write(bytes(`got ${text(input)}`), context);
      await stderr?.write(bytes("warning"), context);
      return 3;
    },
  });
  const url = it.server.urlFor(execRequest({ stdin: true, stdout: true, stderr: true }));
  await using client = await connectWebSocket(url, V5, V4);
  assertEquals(client.protocol, V5);
  await client.send(STDIN, bytes("hel"));
  await client.send(STDIN, bytes("lo"));
  await client.send(END, Uint8Array.of(STDIN));
  assertEquals(await client.closed, 1000);
  assertEquals(text(client.on(STDOUT)), "got hello");
  assertEquals(text(client.on(STDERR)), "warning");
  const { reason, details } = JSON.parse(text(client.on(ERROR)));
  assertEquals([reason, details.causes[0].message], ["NonZeroExitCode", "3"]);
});

Deno.test("a command over WebSocket says how it ended as its protocol has it, which may have no name", async () => {
  await using it = await edge({ exec: () => Promise.resolve(1) });
  for (
    const [protocols, isJson] of [
      [[V4], true],
      [["v3.channel.k8s.io"], false],
      [["channel.k8s.io"], false],
      [[], false],
    ] as const
  ) {
    const url = it.server.urlFor(execRequest({ stderr: true }));
    await using client = await connectWebSocket(url, ...protocols);
    await client.closed;
    const told = text(client.on(ERROR));
    assertEquals(told.startsWith("{"), isJson, told);
    assert(told.includes("command terminated with non-zero exit code"), told);
    // The sign that it is connected is an empty message.
    assertEquals([client.messages(STDERR), client.messages(STDOUT)], [1, 0]);
  }
});

Deno.test("20 MB go both ways over WebSocket, unchanged", async () => {
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
  await using client = await connectWebSocket(url, V5);
  const sent = pattern(20 * 1024 * 1024);
  for (let at = 0; at < sent.length; at += 100_000) {
    await client.send(STDIN, sent.subarray(at, at + 100_000));
  }
  await client.send(END, Uint8Array.of(STDIN));
  await client.closed;
  await assertSameBytes(client.on(STDOUT), sent);
});

Deno.test("a client over WebSocket is held up by a command that reads slowly", async () => {
  let sent = 0;
  let [aheadMax, length] = [0, 0];
  await using it = await edge({
    exec: async (_request, { stdin }, context) => {
      for (;;) {
        await nextTurn();
        aheadMax = Math.max(aheadMax, sent - length);
        const chunk = await stdin?.read(context);
        if (chunk === undefined) return 0;
        length += chunk.length;
      }
    },
  });
  const url = it.server.urlFor(execRequest({ stdin: true }));
  await using client = await connectWebSocket(url, V5);
  const whole = pattern(48 * 1024 * 1024);
  for (; sent < whole.length; sent += 65_536) {
    await client.send(STDIN, whole.subarray(sent, sent + 65_536));
  }
  await client.send(END, Uint8Array.of(STDIN));
  await client.closed;
  assertEquals(length, whole.length);
  assert(aheadMax <= inFlightMax, `${aheadMax} bytes were on their way`);
});

Deno.test("a terminal over WebSocket hears the sizes that its client tells", async () => {
  let size: TerminalSize | undefined;
  await using it = await edge({
    attach: async (_id, { sizes }, context) => {
      size = await sizes?.next(context);
    },
  });
  const request = execRequest({ kind: "attach", stdout: true, tty: true });
  await using client = await connectWebSocket(it.server.urlFor(request), V4);
  await client.send(RESIZE, bytes('{"Width":80,"Height":24}'));
  await client.closed;
  assertEquals(size, { columns: 80, rows: 24 });
  assertEquals(JSON.parse(text(client.on(ERROR))).status, "Success");
});

Deno.test("a client over WebSocket that goes away cancels its command", async () => {
  for (const leave of ["terminate", "close", "nonsense"] as const) {
    const cause = Promise.withResolvers<RuntimeError>();
    await using it = await edge({
      exec: async (_request, { stdin }, context) => {
        context.onCancel(cause.resolve);
        await readAll(stdin, context);
        return 0;
      },
    });
    const url = it.server.urlFor(execRequest({ stdin: true }));
    await using client = await connectWebSocket(url, V5);
    await client.send(STDIN, bytes("x"));
    if (leave === "terminate") client.socket.terminate();
    if (leave === "close") client.socket.close();
    // A frame with reserved bits (RFC 6455, section 5.2).
    if (leave === "nonsense") client.wire.write(bytes("\x7f\x7f\x7f\x7f"));
    assertEquals((await cause.promise).code, "CANCELLED", leave);
    await client.closed;
    assertEquals(it.reported, []);
  }
});

Deno.test("a client over WebSocket that goes away while nobody reads from it is noticed by asking", async () => {
  const clock = new FakeClock();
  let cause: RuntimeError | undefined;
  const over = Promise.withResolvers<void>();
  await using it = await edge({
    exec: async (_request, _streams, context) => {
      context.onCancel((it) => {
        cause = it;
        over.resolve();
      });
      await over.promise;
      return 0;
    },
  }, { clock });
  const url = it.server.urlFor(execRequest({ stdin: true }));
  await using client = await connectWebSocket(url, V5);
  const writing = client.send(STDIN, new Uint8Array(16 * 1024 * 1024));
  const more = client.send(STDIN, new Uint8Array(16 * 1024 * 1024));
  while (clock.timers === 0) await nextTurn();
  client.socket.terminate();
  while (cause === undefined) {
    clock.move(10_000);
    await nextTurn();
  }
  assertEquals(cause.code, "CANCELLED");
  await Promise.all([writing, more]);
});

Deno.test("a command over WebSocket has text for bytes when its client wants that", async () => {
  await using it = await edge({
    exec: async (_request, { stdin, stdout }, context) => {
      await stdout?.write(await stdin?.read(context) ?? bytes("nothing"), context);
      return 0;
    },
  });
  const url = it.server.urlFor(execRequest({ stdin: true, stdout: true }));
  await using client = await connectWebSocket(url, "v4.base64.channel.k8s.io");
  const sent = Uint8Array.of(0, 255, 13, 10);
  client.socket.send(`0${sent.toBase64()}`);
  await client.closed;
  const [zero] = bytes("0");
  const told = (channel: number) => text(client.on((zero ?? 0) + channel));
  assertEquals(told(STDOUT), sent.toBase64());
  assertEquals(atob(told(ERROR)), '{"metadata":{},"status":"Success"}');
});

Deno.test("messages that no channel is there for are thrown away", async () => {
  await using it = await edge({
    exec: async (_request, { stdin }, context) => (await readAll(stdin, context)).length,
  });
  await using client = await connectWebSocket(it.server.urlFor(execRequest({ stdin: true })), V5);
  client.socket.send(new Uint8Array(0));
  await client.send(9, bytes("nobody"));
  await client.send(END, bytes("many"));
  await client.send(END, Uint8Array.of(77));
  await client.send(STDIN, bytes("12345"));
  await client.send(END, Uint8Array.of(STDIN));
  await client.closed;
  assertEquals(JSON.parse(text(client.on(ERROR))).details.causes[0].message, "5");
});
