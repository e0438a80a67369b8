import { assertEquals } from "@std/assert";

import { listeningInode, parseMegabytes, parseStat } from "../../../bench/proc.ts";

Deno.test("parseStat() counts a process and its ended children, whatever it is called", () => {
  const name = "(a) b (c)";
  const text = `12 (${name}) S 7 12 12 0 -1 4194560 9 8 7 6 100 50 20 30 20 0 9 0 4 5 6`;
  assertEquals(parseStat(text), { parent: 7, seconds: 2, childSeconds: 0.5 });
  assertEquals(parseStat(""), undefined);
});

Deno.test("parseMegabytes() reads smaps_rollup in millions of bytes", () => {
  const text = "00400000-7ffe [rollup]\nRss:   2000 kB\nPss:   1000 kB\nPss_Dirty:  10 kB\n";
  assertEquals(parseMegabytes(text, "Pss"), 1.024);
  assertEquals(parseMegabytes(text, "Rss"), 2.048);
  assertEquals(parseMegabytes("", "Pss"), 0);
});

Deno.test("listeningInode() tells who listens from who is connected", () => {
  const text = [
    "Num       RefCount Protocol Flags    Type St Inode Path",
    "0000000000000001: 00000003 00000000 00000000 0001 03 11 /run/a.sock",
    "0000000000000002: 00000002 00000000 00010000 0001 01 22 /run/a.sock.ttrpc",
    "0000000000000003: 00000002 00000000 00010000 0001 01   33 /run/a.sock",
  ].join("\n");
  assertEquals(listeningInode(text, "/run/a.sock"), "33");
  assertEquals(listeningInode(text, "/run/b.sock"), undefined);
});
