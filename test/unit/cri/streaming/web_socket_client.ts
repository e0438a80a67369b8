import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
// @ts-types="@types/ws"
import WebSocket from "ws";

import { joined } from "../../../../src/bytes.ts";

/** A client of streams over a WebSocket: what came on each channel. */
export interface WebSocketClient extends AsyncDisposable {
  readonly socket: WebSocket;
  /** Below it. */
  readonly wire: Socket;
  /** Which protocol the server has chosen. */
  readonly protocol: string;
  /** Resolves with the code of the end, once the connection is closed. */
  readonly closed: Promise<number>;
  /** All that came on a channel so far. */
  readonly on: (channel: number) => Uint8Array;
  /** How many messages came on a channel so far. */
  readonly messages: (channel: number) => number;
  /** Resolves once it was handed to the kernel. */
  readonly send: (channel: number, bytes: Uint8Array) => Promise<void>;
}

/** Comes with a token. */
export async function connectWebSocket(
  url: string,
  ...protocols: string[]
): Promise<WebSocketClient> {
  // Kubernetes has a slash in one of its names, with which ws would neither ask nor be answered.
  const wanted = protocols.join(", ");
  const headers = wanted === "" ? {} : { "Sec-WebSocket-Protocol": wanted };
  const socket = new WebSocket(url.replace("http:", "ws:"), { headers });
  let protocol = "";
  const { promise: upgraded, resolve: upgrade } = Promise.withResolvers<Socket>();
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  const { promise: closed, resolve: close } = Promise.withResolvers<number>();
  const chunks = new Map<number, Uint8Array[]>();
  socket.on("upgrade", ({ socket: wire, headers }) => {
    protocol = headers["sec-websocket-protocol"] ?? "";
    delete headers["sec-websocket-protocol"];
    upgrade(wire);
  });
  socket.on("open", resolve).on("error", reject).on("close", close);
  socket.on("message", (message: Buffer) => {
    const channel = message[0] ?? NaN;
    chunks.set(channel, [...chunks.get(channel) ?? [], new Uint8Array(message.subarray(1))]);
  });
  const [wire] = await Promise.all([upgraded, opened]);
  const on = (channel: number) => joined(chunks.get(channel) ?? []);
  return {
    socket,
    wire,
    protocol,
    closed,
    on,
    messages: (channel) => chunks.get(channel)?.length ?? 0,
    async send(channel, bytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.send(Buffer.concat([Buffer.of(channel), bytes]), () => resolve());
      await promise;
    },
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
}
