import { assertEquals, assertThrows } from "@std/assert";

import { NetworkListError, parseNetworkList } from "../../../src/network/network_list.ts";

const plugin = { type: "bridge" };

Deno.test("parseNetworkList() takes a single plugin for a list of one", () => {
  const settings = { cniVersion: "0.4.0", name: "a", type: "ptp", capabilities: { ips: true } };
  assertEquals(parseNetworkList(JSON.stringify(settings)), {
    cniVersion: "0.4.0",
    name: "a",
    plugins: [{ type: "ptp", capabilities: { ips: true }, settings }],
  });
});

const malformed: readonly unknown[] = [
  null,
  [],
  "text",
  { name: "a", plugins: [plugin] },
  { cniVersion: "0.2.0", name: "a", plugins: [plugin] },
  { cniVersion: "1.0.0", plugins: [plugin] },
  { cniVersion: "1.0.0", name: "../a", plugins: [plugin] },
  { cniVersion: "1.0.0", name: "a", plugins: {} },
  { cniVersion: "1.0.0", name: "a", plugins: [] },
  { cniVersion: "1.0.0", name: "a", plugins: [null] },
  { cniVersion: "1.0.0", name: "a", plugins: [{}] },
  { cniVersion: "1.0.0", name: "a", plugins: [{ type: "../../bin/sh" }] },
  { cniVersion: "1.0.0", name: "a", plugins: [{ type: ".." }] },
  { cniVersion: "1.0.0", name: "a", plugins: [{ type: "" }] },
  { cniVersion: "1.0.0", name: "a", plugins: [{ type: "a", capabilities: [] }] },
  { cniVersion: "1.0.0", name: "a", plugins: Array.from({ length: 65 }, () => plugin) },
];

for (const value of malformed) {
  Deno.test(`parseNetworkList() refuses ${JSON.stringify(value).slice(0, 70)}`, () => {
    assertThrows(() => parseNetworkList(JSON.stringify(value)), NetworkListError);
  });
}
