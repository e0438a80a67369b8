import { assertEquals } from "@std/assert";

import { addressesOf } from "../../../src/network/network_result.ts";

const ips = (...addresses: readonly string[]) => ({
  ips: addresses.map((address) => ({ address })),
});

Deno.test("addressesOf() has the first IPv4 address first", () => {
  const result = ips("fd00::1/64", "10.0.0.9/8", "10.0.0.2/8");
  assertEquals(addressesOf(result, "eth0"), ["10.0.0.9", "fd00::1", "10.0.0.2"]);
  assertEquals(addressesOf(ips("fd00::1/64"), "eth0"), ["fd00::1"]);
});

Deno.test("addressesOf() passes over what is no address", () => {
  const odd = ips(
    "10.0.0.256/8",
    "10.0.0/8",
    "10.0.0.1.2",
    "host",
    "",
    "10.0.0.1; rm -rf /",
    "::g",
  );
  assertEquals(addressesOf(odd, "eth0"), []);
  for (const result of [null, 1, [], {}, { ips: 1 }, { ips: [1, null, { address: 1 }] }]) {
    assertEquals(addressesOf(result, "eth0"), []);
  }
});
