import { assert, assertEquals, assertFalse } from "@std/assert";
import { type Config, DEFAULT_CONFIG } from "../../../src/config.ts";
import type { SandboxRecord } from "../../../src/sandbox/record.ts";
import {
  forwardsPortOf,
  refusalIn,
  saysConnected,
  socatCommand,
} from "../../../src/sandbox/socat.ts";

const CONFIG: Config = { ...DEFAULT_CONFIG, state: "/run/s", socat: "/usr/bin/socat" };
const ID = "a".repeat(64);
const NAME = `/run/s/sandboxes/${ID}`;
const LINE = `2026/11/30 23:53:13 ${NAME}[3380]`;

function recordWith(network: "POD" | "NODE"): SandboxRecord {
  return { id: ID, config: { namespaces: { network } } } as SandboxRecord;
}

Deno.test("socatCommand() enters the network of a pod that has its own", () => {
  const { program, args } = socatCommand(CONFIG, recordWith("POD"), "127.0.0.1", 80);
  assertEquals([program, ...args], [
    "nsenter",
    `--net=${NAME}/net`,
    "/usr/bin/socat",
    `-lp${NAME}`,
    "-dd",
    "-t60",
    "-b65536",
    "STDIO,shut-close",
    "TCP4:127.0.0.1:80,connect-timeout=10",
  ]);
});

Deno.test("socatCommand() stays in the host's network for a pod that has none", () => {
  const { program, args } = socatCommand(CONFIG, recordWith("NODE"), "[::1]", 65_535);
  assertEquals([program, args[0], args.at(-1)], [
    "/usr/bin/socat",
    `-lp${NAME}`,
    "TCP6:[::1]:65535,connect-timeout=10",
  ]);
});

Deno.test("forwardsPortOf() knows it before and after nsenter has executed socat, and no other pod's", () => {
  const { args } = socatCommand(CONFIG, recordWith("POD"), "127.0.0.1", 80);
  assert(forwardsPortOf(CONFIG, ID, ["nsenter", ...args]));
  assert(forwardsPortOf(CONFIG, ID, args.slice(1)));
  assertFalse(forwardsPortOf(CONFIG, "b".repeat(64), args));
  assertFalse(forwardsPortOf({ ...CONFIG, state: "/run/other" }, ID, args));
  assertFalse(forwardsPortOf(CONFIG, ID, ["socat", "STDIO", "TCP4:127.0.0.1:80"]));
});

Deno.test("saysConnected() waits for both sides", () => {
  const opening = `${LINE} N opening connection to AF=2 127.0.0.1:80\n`;
  assertFalse(saysConnected(opening));
  assert(saysConnected(
    `${opening}${LINE} N starting data transfer loop with FDs [0,1] and [5,5]\n`,
  ));
});

Deno.test("refusalIn() takes the error out of what socat says", () => {
  assertEquals(
    refusalIn(
      `${LINE} N opening connection to AF=2 127.0.0.1:1\n` +
        `${LINE} E connect(5, AF=2 127.0.0.1:1, 16): Connection refused\n${LINE} N exit(1)\n`,
    ),
    "Connection refused",
  );
  assertEquals(
    refusalIn(`${LINE} E unknown device/address "TCP9"\n`),
    'unknown device/address "TCP9"',
  );
});

Deno.test("refusalIn() takes what nsenter says as it is, and finds words for nothing", () => {
  const words = "nsenter: cannot open /run/s/net: No such file or directory";
  assertEquals(refusalIn(`${words}\n`), words);
  assertEquals(refusalIn(""), "socat said nothing");
});
