import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createServer } from "node:net";
import { RuntimeError } from "../../../src/errors.ts";
import { Streams } from "../../../src/program/streams.ts";
import type { StreamRequest } from "../../../src/cri/streaming/requests.ts";

const REQUEST: StreamRequest = { kind: "portforward", podSandboxId: "p1", ports: [] };

/** Those of a daemon that has not recovered, and where they listened. */
function streamsAt(port: number): { readonly streams: Streams; readonly heard: string[] } {
  const heard: string[] = [];
  const settings = { address: "127.0.0.1", port, creationMs: 1_000, idleMs: 1_000 };
  const refuse = () => {
    throw new RuntimeError("UNAVAILABLE", "no runtime");
  };
  return { streams: new Streams(settings, refuse, (address) => heard.push(address)), heard };
}

Deno.test("Streams listens when somebody asks, once", async () => {
  const { streams, heard } = streamsAt(0);
  assertEquals(heard, []);
  const [one, other] = await Promise.all([streams.urlFor(REQUEST), streams.urlFor(REQUEST)]);
  assertEquals(heard.length, 1);
  for (const url of [one, other]) {
    assertMatch(url, new RegExp(`^http://${heard[0]}/portforward/[\\w-]{32}$`));
  }
  await streams.close(0);
  await assertRejects(() => streams.urlFor(REQUEST), RuntimeError, "shutting down");
});

Deno.test("Streams listens at a port again that somebody else had", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { readonly port: number };
  const { streams, heard } = streamsAt(port);
  await assertRejects(() => streams.listen(), RuntimeError, `127.0.0.1:${port}`);
  await new Promise((resolve) => other.close(resolve));
  await streams.urlFor(REQUEST);
  assertEquals(heard, [`127.0.0.1:${port}`]);
  await streams.close(0);
});

Deno.test("Streams that nobody has asked for are closed", async () => {
  const { streams } = streamsAt(0);
  await streams.close(0);
  await streams.close(0);
});
