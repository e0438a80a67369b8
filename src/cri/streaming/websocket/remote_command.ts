import type { WebSocket } from "ws";

import { Inbox } from "../inbox.ts";
import { commandVersion, isText } from "../protocols.ts";
import { serveCommand } from "../remote_command.ts";
import type { CommandRequest } from "../requests.ts";
import { ToldSizes } from "../terminal_sizes.ts";
import { lastWords, type Visit } from "../visit.ts";
import { Channels } from "./channels.ts";

/** Numbers of the channels, of which the first three are those of Linux' descriptors. */
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** Serves a command or an attachment over a WebSocket's channels. Never rejects. */
export async function serveWebSocketCommand(
  visit: Visit,
  request: CommandRequest,
  socket: WebSocket,
  protocol: string,
): Promise<void> {
  const { stdin, stdout, stderr, tty } = request;
  const version = commandVersion(protocol);
  const [input, resize] = [new Inbox(), new Inbox()];
  const inboxes = new Map<number, Inbox>();
  if (stdin) inboxes.set(CHANNEL.stdin, input);
  if (tty) inboxes.set(CHANNEL.resize, resize);
  const channels = new Channels({
    socket,
    visit,
    inboxes,
    hasEnds: version >= 5,
    isText: isText(protocol),
  });
  // Clients take it for the sign that they are connected (k8s.io/cri-streaming, remotecommand/websocket.go).
  channels.send(
    stdout ? CHANNEL.stdout : stderr ? CHANNEL.stderr : CHANNEL.error,
    new Uint8Array(0),
  );
  await serveCommand(visit, request, {
    streams: {
      stdin: stdin ? input : undefined,
      stdout: stdout ? channels.sink(CHANNEL.stdout) : undefined,
      stderr: stderr ? channels.sink(CHANNEL.stderr) : undefined,
      sizes: tty ? new ToldSizes(resize) : undefined,
    },
    error: channels.sink(CHANNEL.error),
    version,
  });
  using context = lastWords(visit);
  await channels.close(context);
}
