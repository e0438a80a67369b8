import { assertEquals } from "@std/assert";

import {
  commandVersion,
  namesIn,
  negotiated,
  SPDY_COMMANDS,
  WEB_SOCKET_COMMANDS,
} from "../../../../src/cri/streaming/protocols.ts";

Deno.test("negotiated() is the first of the client's that the server has", () => {
  const wanted = ["v5.channel.k8s.io", "v3.channel.k8s.io", "v4.channel.k8s.io"];
  assertEquals(negotiated(wanted, SPDY_COMMANDS), "v3.channel.k8s.io");
  assertEquals(negotiated(wanted, WEB_SOCKET_COMMANDS), "v5.channel.k8s.io");
  assertEquals(negotiated(["v9"], SPDY_COMMANDS), undefined);
  assertEquals(negotiated([], SPDY_COMMANDS), "");
});

Deno.test("commandVersion() is the first where a client named none", () => {
  assertEquals(WEB_SOCKET_COMMANDS.map(commandVersion), [5, 4, 3, 2, 1, 4, 1]);
  assertEquals(commandVersion(""), 1);
});

Deno.test("namesIn() splits a header's list", () => {
  assertEquals(namesIn("a, b,c"), ["a", "b", "c"]);
  assertEquals(namesIn(["a", "b ,"]), ["a", "b"]);
  assertEquals([namesIn(undefined), namesIn("")], [[], []]);
});
