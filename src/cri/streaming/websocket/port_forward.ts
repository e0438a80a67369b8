import type { WebSocket } from "ws";

import { Inbox } from "../inbox.ts";
import { servePort } from "../port_forward.ts";
import { isText } from "../protocols.ts";
import type { PortsRequest } from "../requests.ts";
import { lastWords, type Visit } from "../visit.ts";
import { Channels } from "./channels.ts";

/** Channels are numbered in a byte, 255 is none, and each port has two. */
export const WEB_SOCKET_PORTS_MAX = 127;

/**
 * Serves one connection to each of a request's ports over a WebSocket's channels, two for each: data both
 * ways, then errors. The first message of a channel is its port. Never rejects.
 */
export async function serveWebSocketPorts(
  visit: Visit,
  request: PortsRequest,
  socket: WebSocket,
  protocol: string,
): Promise<void> {
  const ports = request.ports.map((port, index) => ({
    port,
    channel: index * 2,
    inbox: new Inbox(),
  }));
  const inboxes = new Map(ports.map((it) => [it.channel, it.inbox]));
  const channels = new Channels({
    socket,
    visit,
    inboxes,
    hasEnds: false,
    isText: isText(protocol),
  });
  await Promise.all(ports.map(async ({ port, channel, inbox }) => {
    const portBytes = Uint8Array.of(port & 0xff, port >> 8);
    channels.send(channel, portBytes);
    channels.send(channel + 1, portBytes);
    await servePort(visit, {
      podSandboxId: request.podSandboxId,
      port,
      fromClient: inbox,
      toClient: channels.sink(channel),
      error: channels.sink(channel + 1),
    }, visit.context);
    inbox.discard();
  }));
  using context = lastWords(visit);
  await channels.close(context);
}
