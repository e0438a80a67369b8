import { assertEquals, AssertionError, assertThrows } from "@std/assert";

import {
  preparing,
  ready,
  type SandboxPhase,
  type SandboxStatus,
  stopped,
  stopping,
} from "../../../src/sandbox/state.ts";

const network = { ips: ["10.0.0.2"], networkList: "{}", result: "{}" };
const pause = { init: { pid: 10, startTime: 1 }, supervisor: { pid: 9, startTime: 1 } };

/** Frozen, so that a transition that is not pure fails. */
const inReady = Object.freeze(ready(Object.freeze(preparing(100)), network, pause));
const statuses: Readonly<Record<SandboxPhase, SandboxStatus>> = {
  PREPARING: Object.freeze(preparing(100)),
  READY: inReady,
  STOPPING: Object.freeze(stopping(inReady)),
  STOPPED: Object.freeze(stopped(stopping(inReady))),
};

Deno.test("preparing() is PREPARING, with nothing known but when", () => {
  assertEquals(preparing(100), {
    phase: "PREPARING",
    createdAt: 100,
    network: undefined,
    pause: undefined,
    isStopTold: false,
  });
});

Deno.test("ready() is READY with what network and pause gave", () => {
  assertEquals(inReady, { ...preparing(100), phase: "READY", network, pause });
});

Deno.test("ready() refuses every phase but PREPARING", () => {
  for (const phase of ["READY", "STOPPING", "STOPPED"] as const) {
    assertThrows(() => ready(statuses[phase], network, pause), AssertionError, phase);
  }
});

Deno.test("stopping() is possible from every phase, and keeps what is to be taken away", () => {
  assertEquals(stopping(statuses.PREPARING), { ...preparing(100), phase: "STOPPING" });
  assertEquals(stopping(statuses.READY), { ...inReady, phase: "STOPPING" });
  assertEquals(stopping(statuses.STOPPING), statuses.STOPPING);
});

Deno.test("stopping() leads nowhere from STOPPED", () => {
  assertEquals(stopping(statuses.STOPPED), statuses.STOPPED);
});

Deno.test("stopped() is STOPPED without a pause, also the second time", () => {
  assertEquals(stopped(statuses.STOPPING), {
    ...inReady,
    phase: "STOPPED",
    pause: undefined,
    isStopTold: true,
  });
  assertEquals(stopped(statuses.STOPPED), statuses.STOPPED);
});

Deno.test("stopped() refuses what was not stopping", () => {
  for (const phase of ["PREPARING", "READY"] as const) {
    assertThrows(() => stopped(statuses[phase]), AssertionError, phase);
  }
});
