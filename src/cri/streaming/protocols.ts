/** Versions of the protocol of commands and attachments, by the name that SPDY and WebSocket have for each. */
const commandVersions: Readonly<Record<string, number>> = {
  "v5.channel.k8s.io": 5,
  "v4.channel.k8s.io": 4,
  "v3.channel.k8s.io": 3,
  "v2.channel.k8s.io": 2,
  "channel.k8s.io": 1,
};

/** The same for clients that send text alone: each message's bytes are in base64. */
const textVersions: Readonly<Record<string, number>> = {
  "v4.base64.channel.k8s.io": 4,
  "base64.channel.k8s.io": 1,
};

/** Those that SPDY has: it always had ends of single streams, which are the fifth for WebSocket. */
export const SPDY_COMMANDS: readonly string[] = Object.keys(commandVersions).slice(1);

/** Those that WebSocket has. */
export const WEB_SOCKET_COMMANDS: readonly string[] = [
  ...Object.keys(commandVersions),
  ...Object.keys(textVersions),
];

/** The one protocol of forwarded ports over SPDY. */
export const SPDY_PORTS: readonly string[] = ["portforward.k8s.io"];

/** A SPDY session in the messages of a WebSocket. */
export const TUNNEL = "SPDY/3.1+portforward.k8s.io";

/** Those of forwarded ports that WebSocket has. */
export const WEB_SOCKET_PORTS: readonly string[] = [
  TUNNEL,
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
];

/**
 * The first protocol of a client that the server has as well; undefined when none fits. A client that
 * names none gets the first version, which is older than names (k8s.io/streaming, httpstream.go).
 */
export function negotiated(
  wanted: readonly string[],
  supported: readonly string[],
): string | undefined {
  return wanted.length === 0 ? "" : wanted.find((it) => supported.includes(it));
}

/** The version of a negotiated protocol of commands. */
export function commandVersion(protocol: string): number {
  return commandVersions[protocol] ?? textVersions[protocol] ?? 1;
}

/** Whether a negotiated protocol has text for bytes. */
export function isText(protocol: string): boolean {
  return textVersions[protocol] !== undefined;
}

/** The names in a header with a list, in order. */
export function namesIn(header: string | readonly string[] | undefined): readonly string[] {
  const names = [header ?? []].flat().join(",").split(",").map((it) => it.trim());
  return names.filter((it) => it !== "");
}
