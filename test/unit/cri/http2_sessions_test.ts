import { assert } from "@std/assert";
import { Buffer } from "node:buffer";
import { createServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect } from "node:net";

import { destroyAfterReading } from "../../../src/cri/http2_sessions.ts";

/** Length, type, flags and stream of a frame without flags of the connection: RFC 9113, 4.1. */
function frame(type: number, payload: number[]): number[] {
  return [0, 0, payload.length, type, 0, 0, 0, 0, 0, ...payload];
}

const SETTINGS = frame(4, []);
const GOAWAY = frame(7, [0, 0, 0, 0, 0, 0, 0, 0]);

Deno.test("destroyAfterReading() keeps a session while its GOAWAY is read, and no longer", async () => {
  const server = createServer();
  destroyAfterReading(server);
  const closed = Promise.withResolvers<void>();
  let isKept = false;
  server.on("session", (session: ServerHttp2Session) => {
    const close = session.close.bind(session);
    session.close = () => {
      close();
      isKept = !session.destroyed;
    };
    session.on("close", closed.resolve);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;

  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const disconnected = Promise.withResolvers<unknown>();
  client.on("close", disconnected.resolve).resume();
  client.write(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  client.write(Buffer.from([...SETTINGS, ...GOAWAY]));
  await Promise.all([closed.promise, disconnected.promise]);

  assert(isKept, "destroyed while nghttp2 reads from it");
  const ended = Promise.withResolvers<unknown>();
  server.close(ended.resolve);
  await ended.promise;
});
