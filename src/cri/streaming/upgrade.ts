import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Header lines of an answer, in order. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** Agrees to go on with another protocol than HTTP (RFC 9110, section 7.8). */
export function switchProtocol(socket: Duplex, upgrade: string, headers: HeaderLines): void {
  socket.write(head(101, [["Connection", "Upgrade"], ["Upgrade", upgrade], ...headers]));
}

/** Refuses a request that wanted another protocol, and hangs up. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  reason: string,
  headers: HeaderLines = [],
): void {
  const body = `${reason}\n`;
  const lines = head(status, [
    ["Connection", "close"],
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Length", String(new TextEncoder().encode(body).length)],
    ...headers,
  ]);
  socket.end(lines + body, () => socket.destroy());
}

function head(status: number, headers: HeaderLines): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n`;
}
