import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";

import type { Visit } from "../visit.ts";

/** Of one message, as Go's servers of Kubernetes have it (golang.org/x/net/websocket, DefaultMaxPayloadBytes). */
const messageBytesMax = 32 * 1024 * 1024;

/**
 * Answers a request for a WebSocket with `protocol`, which the client has named; "" when it named none.
 * What makes no sense is refused, and undefined returned.
 */
export function acceptWebSocket(
  { socket, idleMs }: Visit,
  request: IncomingMessage,
  head: Uint8Array,
  protocol: string,
): WebSocket | undefined {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: messageBytesMax,
  });
  // Kubernetes has a slash in one of its names, which ws refuses (RFC 6455, section 11.3.4, wants a token).
  delete request.headers["sec-websocket-protocol"];
  if (protocol !== "") {
    server.on("headers", (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  }
  let accepted: WebSocket | undefined;
  // Both ways it is done before this returns (ws, lib/websocket-server.js, completeUpgrade).
  server.handleUpgrade(request, socket, Buffer.from(head), (it) => accepted = it);
  // It was taken away with the handshake.
  socket.setTimeout(idleMs);
  return accepted;
}
