import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { createConnection, createServer, type Socket } from "node:net";

import { ContainerState } from "../../../src/cri/gen/v1_pb.ts";
import type { ImageHandlers, Report, RuntimeHandlers } from "../../../src/cri/handlers.ts";
import { type CriServer, serve } from "../../../src/cri/server.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { Context } from "../../../src/kernel/context.ts";
import { connect, type CriClient } from "../../system/client.ts";

interface Edge extends AsyncDisposable {
  readonly server: CriServer;
  readonly client: CriClient;
}

interface EdgeOptions {
  readonly image?: ImageHandlers;
  readonly report?: Report;
}

/** A server with these handlers in a folder of its own, and a client of it. */
async function edge(runtime: RuntimeHandlers, options: EdgeOptions = {}): Promise<Edge> {
  const folder = await Deno.makeTempDir();
  const socketPath = join(folder, "cri.sock");
  const server = await serve({ socketPath, runtime, image: {}, ...options });
  const client = connect(socketPath);
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      client.close();
      await server.close(1000);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function refusal(call: Promise<unknown>): Promise<[code: string | undefined, text: string]> {
  const error = await assertRejects(() => call, Error) as ServiceError;
  return [status[error.code], error.details];
}

/** Resolves when the context ends, with its cause. */
function end(context: Context): Promise<RuntimeError> {
  const { promise, resolve } = Promise.withResolvers<RuntimeError>();
  context.onCancel(resolve);
  return promise;
}

Deno.test("serve() answers a call with what its handler returns", async () => {
  await using it = await edge({
    containerStatus: ({ containerId }) =>
      Promise.resolve({
        status: { id: containerId, state: ContainerState.CONTAINER_RUNNING, createdAt: 2n ** 62n },
        info: { pid: "7" },
      }),
  });
  const { status, info } = await it.client.containerStatus({ containerId: "a1b2" });
  assertEquals(status?.id, "a1b2");
  assertEquals(status?.state, ContainerState.CONTAINER_RUNNING);
  assertEquals(status?.createdAt, 2n ** 62n);
  assertEquals(info, { pid: "7" });
});

Deno.test("serve() serves both services on one socket", async () => {
  await using it = await edge({
    version: () => Promise.resolve({ runtimeName: "slipway" }),
  }, {
    image: { listImages: () => Promise.resolve({ images: [{ id: "sha256:1", size: 9n }] }) },
  });
  assertEquals((await it.client.version()).runtimeName, "slipway");
  assertEquals((await it.client.listImages()).images[0]?.size, 9n);
});

Deno.test("serve() makes a socket for its owner alone", async () => {
  await using it = await edge({});
  const { mode } = await Deno.lstat(it.server.socketPath);
  assertEquals((mode ?? 0) & 0o777, 0o600);
});

Deno.test("serve() answers UNIMPLEMENTED with the name of a call that has no handler", async () => {
  await using it = await edge({});
  assertEquals(await refusal(it.client.checkpointContainer({ containerId: "a" })), [
    "UNIMPLEMENTED",
    "CheckpointContainer is not implemented",
  ]);
  assertEquals(await refusal(it.client.imageFsInfo()), [
    "UNIMPLEMENTED",
    "ImageFsInfo is not implemented",
  ]);
  assertEquals(await refusal(Array.fromAsync(it.client.streamContainers())), [
    "UNIMPLEMENTED",
    "StreamContainers is not implemented",
  ]);
});

Deno.test("serve() passes a RuntimeError on with its code, and reports it to nobody", async () => {
  const reports: unknown[] = [];
  await using it = await edge({
    startContainer: () =>
      Promise.reject(
        new RuntimeError("NOT_FOUND", 'Cannot start container "a": no such container'),
      ),
  }, { report: (_, error) => reports.push(error) });
  assertEquals(await refusal(it.client.startContainer({ containerId: "a" })), [
    "NOT_FOUND",
    'Cannot start container "a": no such container',
  ]);
  assertEquals(reports, []);
});

Deno.test("serve() answers a bug with INTERNAL, reports it and lives on", async () => {
  const reports: [string, unknown][] = [];
  const bug = new TypeError("x is undefined");
  await using it = await edge({
    version: () => Promise.resolve({ version: "v1" }),
    startContainer: () => {
      throw bug;
    },
  }, { report: (method, error) => reports.push([method, error]) });
  assertEquals(await refusal(it.client.startContainer()), ["INTERNAL", "x is undefined"]);
  assertEquals(reports, [["StartContainer", bug]]);
  assertEquals((await it.client.version()).version, "v1");
});

Deno.test("serve() answers with the whole text of a long error, up to its bound", async () => {
  await using it = await edge({
    startContainer: () => Promise.reject(new RuntimeError("UNKNOWN", "é".repeat(100_000))),
  });
  const [code, text] = await refusal(it.client.startContainer());
  assertEquals(code, "UNKNOWN");
  assertEquals(text, "é".repeat(4095) + "…");
});

Deno.test("serve() refuses malformed bytes and lives on", async () => {
  let calls = 0;
  await using it = await edge({
    version: () => {
      calls++;
      return Promise.resolve({});
    },
  });
  const malformed = [
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // a tag without end
    [0x0a, 0x7f, 0x61], // a text longer than the message
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 0x61], // a text of 2 GiB
    [0x0f], // a wire type that there is not
  ];
  using client = rawClient(it.server.socketPath);
  for (const bytes of malformed) {
    const error = await client.call("/runtime.v1.RuntimeService/Version", Buffer.from(bytes));
    assertEquals(status[error?.code ?? 0], "INTERNAL");
  }
  assertEquals(calls, 0);
  await it.client.version();
  assertEquals(calls, 1);
});

Deno.test("serve() refuses a call that the API has not", async () => {
  await using it = await edge({});
  using client = rawClient(it.server.socketPath);
  const error = await client.call("/runtime.v1.RuntimeService/Fly", Buffer.alloc(0));
  assertEquals(status[error?.code ?? 0], "UNIMPLEMENTED");
});

Deno.test("serve() takes a message of 15 MiB and refuses one of 17", async () => {
  await using it = await edge({
    execSync: ({ cmd }) => Promise.resolve({ stdout: new TextEncoder().encode(cmd[0]) }),
  });
  const mebibyte = 1024 * 1024;
  const { stdout } = await it.client.execSync({ cmd: ["x".repeat(15 * mebibyte)] });
  assertEquals(stdout.length, 15 * mebibyte);
  const [code] = await refusal(it.client.execSync({ cmd: ["x".repeat(17 * mebibyte)] }));
  assertEquals(code, "RESOURCE_EXHAUSTED");
});

Deno.test("serve() ends the context when the client cancels", async () => {
  const started = Promise.withResolvers<void>();
  const causes: RuntimeError[] = [];
  const ended = Promise.withResolvers<void>();
  await using it = await edge({
    stopContainer: async (_, context) => {
      started.resolve();
      causes.push(await end(context));
      ended.resolve();
      return {};
    },
  });
  const abort = new AbortController();
  const call = it.client.stopContainer({}, { signal: abort.signal });
  await started.promise;
  abort.abort();
  assertEquals((await refusal(call))[0], "CANCELLED");
  await ended.promise;
  assertEquals(causes.map((cause) => cause.code), ["CANCELLED"]);
});

Deno.test("serve() ends the context when the client's deadline passes", async () => {
  const ended = Promise.withResolvers<RuntimeError>();
  await using it = await edge({
    stopContainer: async (_, context) => {
      const cause = await end(context);
      ended.resolve(cause);
      throw cause;
    },
  });
  const call = it.client.stopContainer({}, { timeoutMs: 50 });
  assertEquals((await refusal(call))[0], "DEADLINE_EXCEEDED");
  assertEquals((await ended.promise).code, "DEADLINE_EXCEEDED");
});

Deno.test("serve() streams what the handler yields, and then its error", async () => {
  const read = Promise.withResolvers<void>();
  await using it = await edge({
    async *getContainerEvents() {
      yield { containerId: "a" };
      yield { containerId: "b" };
      // grpc-js's client throws unread answers away when a call fails.
      await read.promise;
      throw new RuntimeError("UNAVAILABLE", "no more events");
    },
  });
  const ids: string[] = [];
  const reading = (async () => {
    for await (const event of it.client.getContainerEvents()) {
      if (ids.push(event.containerId) === 2) read.resolve();
    }
  })();
  assertEquals(await refusal(reading), ["UNAVAILABLE", "no more events"]);
  assertEquals(ids, ["a", "b"]);
});

Deno.test("serve() asks a stream's handler for no more than the client takes", async () => {
  let yielded = 0;
  const ended = Promise.withResolvers<void>();
  await using it = await edge({
    version: () => Promise.resolve({}),
    async *getContainerEvents(_, context) {
      while (context.cause === undefined) {
        yielded++;
        yield { containerId: "x".repeat(64 * 1024) };
      }
      ended.resolve();
    },
  });
  using stuck = stuckClient(it.server.socketPath);
  stuck.client.getContainerEvents();
  await eventually(async () => {
    const before = yielded;
    for (let turn = 0; turn < 20; turn++) await it.client.version();
    return before > 0 && yielded === before;
  });
  assert(yielded < 200, `The handler was asked for ${yielded} events`);
  stuck.hangUp();
  await ended.promise;
});

Deno.test("serve() ends a stream when the client leaves", async () => {
  const ended = Promise.withResolvers<RuntimeError>();
  await using it = await edge({
    async *getContainerEvents(_, context) {
      yield { containerId: "a" };
      ended.resolve(await end(context));
    },
  });
  for await (const event of it.client.getContainerEvents()) {
    assertEquals(event.containerId, "a");
    break;
  }
  assertEquals((await ended.promise).code, "CANCELLED");
});

Deno.test("close() lets a call end, refuses new ones and removes the socket", async () => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using it = await edge({
    startContainer: async () => {
      started.resolve();
      await release.promise;
      return {};
    },
  });
  const call = it.client.startContainer();
  await started.promise;
  const closed = it.server.close(60_000);
  using late = connect(it.server.socketPath);
  assertEquals((await refusal(late.version()))[0], "UNAVAILABLE");
  release.resolve();
  await call;
  await closed;
  assertEquals(await exists(it.server.socketPath), false);
});

Deno.test("close() cancels what the grace period leaves, and awaits its undo", async () => {
  const started = Promise.withResolvers<void>();
  let isUndone = false;
  await using it = await edge({
    startContainer: async (_, context) => {
      started.resolve();
      const cause = await end(context);
      await Promise.resolve();
      isUndone = true;
      throw cause;
    },
  });
  const call = refusal(it.client.startContainer());
  await started.promise;
  await it.server.close(20);
  assert(isUndone);
  await call;
});

Deno.test("close() ends a stream at once", async () => {
  const opened = Promise.withResolvers<void>();
  await using it = await edge({
    // deno-lint-ignore require-yield
    async *getContainerEvents(_, context) {
      opened.resolve();
      await end(context);
    },
  });
  const reading = refusal(Array.fromAsync(it.client.getContainerEvents()));
  await opened.promise;
  await it.server.close(60_000);
  assertEquals(await reading, ["UNAVAILABLE", "the daemon is shutting down"]);
});

/** Sends bytes as they are. */
function rawClient(socketPath: string) {
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  return {
    call(path: string, bytes: Buffer): Promise<ServiceError | null> {
      const { promise, resolve } = Promise.withResolvers<ServiceError | null>();
      client.makeUnaryRequest(path, same, same, bytes, (error) => resolve(error));
      return promise;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** A client whose side of the connection takes no more in than a mebibyte. */
function stuckClient(socketPath: string) {
  const path = `${socketPath}.stuck`;
  const sockets: Socket[] = [];
  const proxy = createServer((inner) => {
    const outer = createConnection(socketPath);
    let taken = 0;
    outer.on("data", (bytes) => {
      inner.write(bytes);
      taken += bytes.length;
      if (taken > 1024 * 1024) outer.pause();
    });
    inner.pipe(outer);
    sockets.push(inner, outer);
  });
  proxy.listen(path);
  const client = connect(path);
  const hangUp = () => sockets.forEach((it) => it.destroy());
  return {
    client,
    hangUp,
    [Symbol.dispose]() {
      client.close();
      hangUp();
      proxy.close();
    },
  };
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 200; turn++) if (await condition()) return;
  throw new Error("It never came to be");
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
