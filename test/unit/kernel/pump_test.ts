import { assertEquals, assertRejects } from "@std/assert";
import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { pump } from "../../../src/kernel/pump.ts";
import type { ByteSink, ByteSource } from "../../../src/kernel/streams.ts";

/** What was read of a source and written to a sink, in order. */
type Log = (string | number)[];

function sourceOf(log: Log, ...pieces: readonly number[]): ByteSource {
  const rest = [...pieces];
  return {
    read(context) {
      context.throwIfCancelled();
      const size = rest.shift();
      log.push("read");
      return Promise.resolve(size === undefined ? undefined : new Uint8Array(size));
    },
  };
}

function sinkOf(log: Log, write: ByteSink["write"] = () => Promise.resolve()): ByteSink {
  return {
    async write(bytes, context) {
      await write(bytes, context);
      log.push(bytes.length);
    },
    end: () => void log.push("end"),
  };
}

Deno.test("pump() passes on every piece in order, and the end", async () => {
  const log: Log = [];
  await pump(sourceOf(log, 3, 1, 2), sinkOf(log), new Context());
  assertEquals(log, ["read", 3, "read", 1, "read", 2, "read", "end"]);
});

Deno.test("pump() passes on the end of a source that says nothing", async () => {
  const log: Log = [];
  await pump(sourceOf(log), sinkOf(log), new Context());
  assertEquals(log, ["read", "end"]);
});

Deno.test("pump() reads nothing that the sink has no room for yet", async () => {
  const log: Log = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const pumped = pump(sourceOf(log, 3, 1), sinkOf(log, () => promise), new Context());
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(log, ["read"]);
  resolve();
  await pumped;
  assertEquals(log, ["read", 3, "read", 1, "read", "end"]);
});

Deno.test("pump() ends with the context, and says no end then", async () => {
  const log: Log = [];
  const context = new Context();
  const cause = new RuntimeError("CANCELLED", "the client has left");
  const leaving = sinkOf(log, () => Promise.resolve(context.cancel(cause)));
  assertEquals(await assertRejects(() => pump(sourceOf(log, 3, 1), leaving, context)), cause);
  assertEquals(log, ["read", 3]);
});

Deno.test("pump() throws what the source or the sink throws, and says no end then", async () => {
  const log: Log = [];
  const gone = new RuntimeError("UNAVAILABLE", "the connection is gone");
  const broken: ByteSource = { read: () => Promise.reject(gone) };
  assertEquals(await assertRejects(() => pump(broken, sinkOf(log), new Context())), gone);
  const deaf = sinkOf(log, () => Promise.reject(new KernelError("write", "EPIPE", "stream")));
  await assertRejects(() => pump(sourceOf(log, 3), deaf, new Context()), KernelError, "EPIPE");
  assertEquals(log, ["read"]);
});
