import { assertEquals, assertThrows } from "@std/assert";
import { parseInterfaces } from "../../../real/interfaces.ts";
import { KernelError } from "../../../src/kernel/errno.ts";

const HEADER = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

Deno.test("parseInterfaces() reads what came and what went, and errors of both", () => {
  const table =
    `${HEADER}    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0:    1090      11    2    0    0     0          0         0      876       9    3    0    0     0       0          0
eth0:1:       5       1    0    0    0     0          0         0        6       1    0    0    0     0       0          0
`;
  const nothing = { receivedBytes: 0, receiveErrors: 0, sentBytes: 0, sendErrors: 0 };
  assertEquals(parseInterfaces(table, "f"), [
    { name: "lo", ...nothing },
    { name: "eth0", receivedBytes: 1_090, receiveErrors: 2, sentBytes: 876, sendErrors: 3 },
    { name: "eth0:1", ...nothing, receivedBytes: 5, sentBytes: 6 },
  ]);
  assertEquals(parseInterfaces(HEADER, "f"), []);
});

Deno.test("parseInterfaces() names the file that says what it cannot say", () => {
  for (const line of ["eth0", "eth0: 1 2 3", `eth0: ${"x ".repeat(16)}`]) {
    const error = assertThrows(() => parseInterfaces(`${HEADER}${line}\n`, "/f"), KernelError);
    assertEquals([error.errno, error.subject], ["EINVAL", "/f"]);
  }
});
