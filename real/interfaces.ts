import type { InterfaceUsage } from "../src/kernel/namespaces.ts";
import { malformed } from "./errno.ts";

/** Columns after the name: eight of what came, then as many of what went (net/core/net-procfs.c). */
const COLUMNS = 16;
const [RECEIVED_BYTES, RECEIVE_ERRORS, SENT_BYTES, SEND_ERRORS] = [0, 2, 8, 10];
const HEADER_LINES = 2;

/**
 * Reads /proc/PID/net/dev (man 5 proc). A name may hold a colon, the numbers behind it do not.
 *
 * @throws {KernelError} EINVAL with the file that says what it cannot say.
 */
export function parseInterfaces(text: string, file: string): InterfaceUsage[] {
  const lines = text.split("\n").slice(HEADER_LINES).filter((line) => line !== "");
  return lines.map((line) => {
    const nameEnd = line.lastIndexOf(":");
    const numbers = line.slice(nameEnd + 1).trim().split(/\s+/).map(Number);
    if (nameEnd < 0 || numbers.length < COLUMNS || !numbers.every((it) => it >= 0)) {
      return malformed(file, line);
    }
    return {
      name: line.slice(0, nameEnd).trim(),
      receivedBytes: numbers[RECEIVED_BYTES!]!,
      receiveErrors: numbers[RECEIVE_ERRORS!]!,
      sentBytes: numbers[SENT_BYTES!]!,
      sendErrors: numbers[SEND_ERRORS!]!,
    };
  });
}
