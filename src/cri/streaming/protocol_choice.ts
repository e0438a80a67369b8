import type { IncomingMessage } from "node:http";
// @ts-types="@types/ws"
import { createWebSocketStream } from "ws";

import {
  commandVersion,
  namesIn,
  negotiated,
  SPDY_COMMANDS,
  SPDY_PORTS,
  TUNNEL,
  WEB_SOCKET_COMMANDS,
  WEB_SOCKET_PORTS,
} from "./protocols.ts";
import type { StreamRequest } from "./requests.ts";
import { serveSpdyPorts } from "./spdy/port_forward.ts";
import { serveSpdyCommand } from "./spdy/remote_command.ts";
import { type HeaderLines, refuseUpgrade, switchProtocol } from "./upgrade.ts";
import type { Visit } from "./visit.ts";
import { acceptWebSocket } from "./websocket/handshake.ts";
import { serveWebSocketPorts, WEB_SOCKET_PORTS_MAX } from "./websocket/port_forward.ts";
import { serveWebSocketCommand } from "./websocket/remote_command.ts";

const SPDY = "SPDY/3.1";

/** Serves a client in the protocol that it asks for, until it is done. */
export async function serveUpgrade(
  visit: Visit,
  asked: StreamRequest,
  request: IncomingMessage,
  head: Uint8Array,
): Promise<void> {
  switch (request.headers.upgrade?.toLowerCase()) {
    case "spdy/3.1":
      return await serveSpdy(visit, asked, request, head);
    case "websocket":
      return await serveWebSocket(visit, asked, request, head);
    default:
      refuseUpgrade(visit.socket, 400, `unable to upgrade: only to ${SPDY} or websocket`);
  }
}

async function serveSpdy(
  visit: Visit,
  asked: StreamRequest,
  request: IncomingMessage,
  head: Uint8Array,
): Promise<void> {
  const { socket } = visit;
  const supported = asked.kind === "portforward" ? SPDY_PORTS : SPDY_COMMANDS;
  const wanted = namesIn(request.headers["x-stream-protocol-version"]);
  const protocol = negotiated(wanted, supported);
  if (protocol === undefined) return refuseProtocols(visit, wanted, supported);
  const chosen: HeaderLines = protocol === "" ? [] : [["X-Stream-Protocol-Version", protocol]];
  switchProtocol(socket, SPDY, chosen);
  if (head.length > 0) socket.unshift(head);
  if (asked.kind === "portforward") return await serveSpdyPorts(visit, asked);
  await serveSpdyCommand(visit, asked, commandVersion(protocol));
}

async function serveWebSocket(
  visit: Visit,
  asked: StreamRequest,
  request: IncomingMessage,
  head: Uint8Array,
): Promise<void> {
  const supported = asked.kind === "portforward" ? WEB_SOCKET_PORTS : WEB_SOCKET_COMMANDS;
  const wanted = namesIn(request.headers["sec-websocket-protocol"]);
  const protocol = negotiated(wanted, supported);
  if (protocol === undefined) return refuseProtocols(visit, wanted, supported);
  if (asked.kind === "portforward" && protocol !== TUNNEL) {
    const { length } = asked.ports;
    if (length < 1 || length > WEB_SOCKET_PORTS_MAX) {
      return refuseUpgrade(visit.socket, 400, `from 1 to ${WEB_SOCKET_PORTS_MAX} ports are needed`);
    }
  }
  const socket = acceptWebSocket(visit, request, head, protocol);
  if (socket === undefined) return;
  if (asked.kind !== "portforward") {
    return await serveWebSocketCommand(visit, asked, socket, protocol);
  }
  if (protocol !== TUNNEL) return await serveWebSocketPorts(visit, asked, socket, protocol);
  await serveSpdyPorts(visit, asked, createWebSocketStream(socket));
}

/** As Kubernetes' servers do (k8s.io/streaming, httpstream.go, Handshake). */
function refuseProtocols(
  visit: Visit,
  wanted: readonly string[],
  supported: readonly string[],
): void {
  const accepted: HeaderLines = supported.map((it) => ["X-Accepted-Stream-Protocol-Versions", it]);
  const reason = `unable to negotiate protocol: client supports ${wanted.join(", ")}; ` +
    `server accepts ${supported.join(", ")}`;
  refuseUpgrade(visit.socket, 403, reason, accepted);
}
