import { assertEquals, assertThrows } from "@std/assert";

import type { ContainerSecurity } from "../../../src/container/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import {
  CAPABILITIES,
  capabilitiesOfStatus,
  containerCapabilities,
  DEFAULT_CAPABILITIES,
} from "../../../src/oci/capabilities.ts";
import { SECURITY } from "./fixture.ts";

const HOST = CAPABILITIES.filter((it) => it !== "CAP_SYS_RESOURCE");

function of(security: Partial<ContainerSecurity>) {
  return containerCapabilities({ ...SECURITY, ...security }, HOST);
}

Deno.test("capabilitiesOfStatus() reads the bits of /proc/self/status", () => {
  const status = "Name:\tdeno\nCapPrm:\t0000000000000001\nCapEff:\t000001fffeffffff\n";
  assertEquals(capabilitiesOfStatus(status, "CapEff"), HOST);
  assertThrows(() => capabilitiesOfStatus(status, "CapBnd"), RuntimeError);
});

Deno.test("containerCapabilities() starts from the default set", () => {
  assertEquals(of({}).bounding, DEFAULT_CAPABILITIES);
  assertEquals(containerCapabilities(SECURITY, ["CAP_KILL"]).bounding, ["CAP_KILL"]);
});

Deno.test("containerCapabilities() adds and drops, ALL first", () => {
  const all = of({ addCapabilities: ["all"], dropCapabilities: ["chown"] }).bounding;
  assertEquals(all, HOST.filter((it) => it !== "CAP_CHOWN"));
  const one = of({ addCapabilities: ["CAP_KILL"], dropCapabilities: ["ALL"] }).bounding;
  assertEquals(one, ["CAP_KILL"]);
  assertEquals(of({ dropCapabilities: ["ALL"] }).bounding, []);
});

Deno.test("containerCapabilities() keeps ambient ones in the bounding set", () => {
  const { bounding, ambient } = of({
    dropCapabilities: ["ALL"],
    addAmbientCapabilities: ["NET_BIND_SERVICE"],
  });
  assertEquals(bounding, ["CAP_NET_BIND_SERVICE"]);
  assertEquals(ambient, ["CAP_NET_BIND_SERVICE"]);
});

Deno.test("containerCapabilities() gives a privileged container what the daemon has", () => {
  assertEquals(of({ isPrivileged: true, dropCapabilities: ["ALL"] }).bounding, HOST);
});

Deno.test("containerCapabilities() refuses what is no capability, or not the daemon's to give", () => {
  const unknown = assertThrows(() => of({ addCapabilities: ["SYS_EVERYTHING"] }), RuntimeError);
  assertEquals(unknown.code, "INVALID_ARGUMENT");
  const missing = assertThrows(() => of({ addCapabilities: ["SYS_RESOURCE"] }), RuntimeError);
  assertEquals(missing.code, "FAILED_PRECONDITION");
});
