import { assertEquals, AssertionError, assertThrows } from "@std/assert";

import { NO_LIMITS } from "../../../src/container/config.ts";
import {
  type ContainerState,
  type ContainerStatus,
  created,
  ended,
  type Ending,
  lost,
  reasonOf,
  removalBegun,
  START_ERROR,
  started,
  startIntended,
  stopRequested,
  UNKNOWN_EXIT,
  updated,
  updateIntended,
  updateTakenBack,
} from "../../../src/container/state.ts";

const init = { pid: 10, startTime: 1_000 };
const supervisor = { pid: 9, startTime: 990 };
const ending: Ending = { exitCode: 3, reason: "", message: "", at: 500 };

/** Frozen, so that a transition that is not pure fails. */
const statuses: Readonly<Record<ContainerState, ContainerStatus>> = {
  CREATED: Object.freeze(created(100)),
  RUNNING: Object.freeze(started(startIntended(created(100), 200, init, supervisor))),
  EXITED: Object.freeze(ended(created(100), ending)),
  UNKNOWN: Object.freeze(lost(created(100), "conmon is gone")),
};

Deno.test("created() is CREATED, with nothing known but when", () => {
  assertEquals(created(100), {
    state: "CREATED",
    createdAt: 100,
    startIntentAt: 0,
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    reason: "",
    message: "",
    init: undefined,
    supervisor: undefined,
    stopRequest: undefined,
    isRemoving: false,
    resources: undefined,
    resourcesIntended: undefined,
  });
});

Deno.test("transitions refuse the states that the diagram does not lead from", () => {
  const transitions: Record<string, (status: ContainerStatus) => ContainerStatus> = {
    startIntended: (status) => startIntended(status, 1, init, supervisor),
    started: (status) => started({ ...status, startIntentAt: 1 }),
    stopRequested: (status) => stopRequested(status, 15, 1),
    lost: (status) => lost(status, ""),
    ended: (status) => ended(status, ending),
    removalBegun: (status) => removalBegun(status),
    updateIntended: (status) => updateIntended(status, NO_LIMITS),
    updated: (status) => updated(status, NO_LIMITS),
    updateTakenBack: (status) => updateTakenBack({ ...status, resourcesIntended: NO_LIMITS }),
  };
  const legal: Record<string, readonly ContainerState[]> = {
    startIntended: ["CREATED"],
    started: ["CREATED"],
    stopRequested: ["RUNNING"],
    lost: ["CREATED", "RUNNING", "UNKNOWN"],
    ended: ["CREATED", "RUNNING", "UNKNOWN"],
    removalBegun: ["CREATED", "EXITED"],
    updateIntended: ["RUNNING"],
    updated: ["CREATED", "RUNNING"],
    updateTakenBack: ["RUNNING"],
  };
  for (const [name, transition] of Object.entries(transitions)) {
    for (const status of Object.values(statuses)) {
      if (legal[name]?.includes(status.state)) transition(status);
      else assertThrows(() => transition(status), AssertionError, "", `${name} ${status.state}`);
    }
  }
});

Deno.test("startIntended() notes intent, init and conmon, and leaves the container CREATED", () => {
  assertEquals(startIntended(statuses.CREATED, 200, init, supervisor), {
    ...statuses.CREATED,
    startIntentAt: 200,
    init,
    supervisor,
  });
});

Deno.test("startIntended() is once in a container's life", () => {
  const intended = startIntended(statuses.CREATED, 200, init, supervisor);
  assertThrows(
    () => startIntended(intended, 300, init, supervisor),
    AssertionError,
    "at most once",
  );
});

Deno.test("started() is RUNNING from then on", () => {
  const intended = startIntended(statuses.CREATED, 200, init, supervisor);
  assertEquals(started(intended), { ...intended, state: "RUNNING", startedAt: 200 });
});

Deno.test("started() refuses a container without an intent", () => {
  assertThrows(() => started(statuses.CREATED), AssertionError, "without an intent");
});

Deno.test("stopRequested() notes which signal was delivered and when", () => {
  assertEquals(stopRequested(statuses.RUNNING, 15, 400), {
    ...statuses.RUNNING,
    stopRequest: { signal: 15, sentAt: 400 },
  });
});

Deno.test("lost() is UNKNOWN, and keeps what is known of the task", () => {
  assertEquals(lost(statuses.RUNNING, "cannot kill"), {
    ...statuses.RUNNING,
    state: "UNKNOWN",
    message: "cannot kill",
  });
});

Deno.test("ended() is EXITED with what the ending says, and without a task", () => {
  const oom: Ending = { exitCode: 137, reason: "OOMKilled", message: "at night", at: 500 };
  assertEquals(ended(statuses.RUNNING, oom), {
    ...statuses.RUNNING,
    state: "EXITED",
    finishedAt: 500,
    exitCode: 137,
    reason: "OOMKilled",
    message: "at night",
    init: undefined,
    supervisor: undefined,
  });
});

Deno.test("ended() replaces the message with which the container was lost", () => {
  assertEquals(ended(statuses.UNKNOWN, ending).message, "");
});

Deno.test("ended() takes the intent for the start of one that was not seen to run", () => {
  const intended = startIntended(statuses.CREATED, 200, init, supervisor);
  assertEquals(ended(intended, ending).startedAt, 200);
  const unseen = ended(intended, { ...UNKNOWN_EXIT, message: "", at: 500 });
  assertEquals([unseen.startedAt, unseen.exitCode, unseen.reason], [200, 255, "Unknown"]);
});

Deno.test("ended() says of a start that failed that it never ran", () => {
  const intended = startIntended(statuses.CREATED, 200, init, supervisor);
  const failed = ended(intended, { ...START_ERROR, message: "no such file", at: 500 });
  assertEquals([failed.startedAt, failed.finishedAt], [0, 500]);
  assertEquals([failed.exitCode, failed.reason], [128, "StartError"]);
});

Deno.test("ended() leaves a container that was never started without a start", () => {
  assertEquals(ended(statuses.CREATED, ending).startedAt, 0);
});

Deno.test("times of a container never go back, though the clock does", () => {
  const intended = startIntended(created(100), 50, init, supervisor);
  const running = started(intended);
  const exited = ended(running, { ...ending, at: 30 });
  assertEquals(
    [intended.startIntentAt, running.startedAt, exited.finishedAt],
    [100, 100, 100],
  );
  const late = started(startIntended(created(100), 200, init, supervisor));
  assertEquals(ended(late, { ...ending, at: 30 }).finishedAt, 200);
  assertEquals(ended(created(100), { ...ending, at: 30 }).finishedAt, 100);
});

Deno.test("removalBegun() notes that a restart must complete it", () => {
  assertEquals(removalBegun(statuses.EXITED), { ...statuses.EXITED, isRemoving: true });
});

Deno.test("updated() has the limits, and ends the intent", () => {
  const limits = { ...NO_LIMITS, cpuShares: 512 };
  const intended = updateIntended(statuses.RUNNING, limits);
  assertEquals(intended, { ...statuses.RUNNING, resourcesIntended: limits });
  assertEquals(updated(intended, limits), { ...statuses.RUNNING, resources: limits });
  assertEquals(updateTakenBack(intended), statuses.RUNNING);
});

Deno.test("updated() is not for a container that may begin to run, or is removed", () => {
  const starting = startIntended(statuses.CREATED, 200, init, supervisor);
  assertThrows(() => updated(starting, NO_LIMITS), AssertionError, "may begin to run");
  const removed = removalBegun(statuses.CREATED);
  assertThrows(() => updated(removed, NO_LIMITS), AssertionError, "removed");
});

Deno.test("updateTakenBack() is of an intent", () => {
  assertThrows(() => updateTakenBack(statuses.RUNNING), AssertionError, "without an intent");
});

Deno.test("ended() drops an intent, and keeps the limits", () => {
  const limits = { ...NO_LIMITS, cpuShares: 512 };
  const intended = updateIntended(updated(statuses.RUNNING, limits), NO_LIMITS);
  const { resources, resourcesIntended } = ended(intended, ending);
  assertEquals([resources, resourcesIntended], [limits, undefined]);
});

Deno.test("reasonOf() says what was recorded, else what the exit code means", () => {
  const exited = statuses.EXITED;
  assertEquals(reasonOf({ ...exited, reason: "OOMKilled" }), "OOMKilled");
  assertEquals(reasonOf({ ...exited, exitCode: 0 }), "Completed");
  assertEquals(reasonOf({ ...exited, exitCode: 3 }), "Error");
});

Deno.test("reasonOf() makes up no reason before the end", () => {
  assertEquals(reasonOf(statuses.CREATED), "");
  assertEquals(reasonOf(statuses.RUNNING), "");
  assertEquals(reasonOf(statuses.UNKNOWN), "");
});
