import { assert } from "@std/assert";
import type { ProcessIdentity } from "../kernel/processes.ts";
import type { LinuxResources } from "./config.ts";

/**
 * The life of a container, as every reader sees it.
 *
 * ```text
 *              startFailed: 128 StartError
 *           ┌────────────────────────────────┐
 *           │                                ▼
 *   ─▶ CREATED ──started──▶ RUNNING ──ended─▶ EXITED ─▶ removed
 *           │                  │               ▲
 *           │                  │ lost          │ ended
 *           └───── lost ───────┴──▶ UNKNOWN ───┘
 * ```
 *
 * Transitions are pure and synchronous; whoever breaks the order meets an AssertionError. `starting`
 * and `removing` are claims, not states (claim.ts).
 */
export type ContainerState = "CREATED" | "RUNNING" | "EXITED" | "UNKNOWN";

/** A stop signal that was delivered, so that nobody sends a second one. */
export interface StopRequest {
  /** A number (man 7 signal). */
  readonly signal: number;
  /** When it was delivered, in microseconds since 1970. */
  readonly sentAt: number;
}

/** What is durably known of a container. All times in microseconds since 1970, 0 for "not yet". */
export interface ContainerStatus {
  /** See the diagram of `ContainerState`. */
  readonly state: ContainerState;
  /** When CreateContainer was about to commit. */
  readonly createdAt: number;
  /**
   * When StartContainer was about to release the task, written before it did. A container with an
   * intent can have run: whatever happens to the daemon, it is never started again (RACES.md W8).
   */
  readonly startIntentAt: number;
  /** The time of the intent, once the program was known to have been executed. */
  readonly startedAt: number;
  /** When its end was seen; never before `startedAt`. */
  readonly finishedAt: number;
  /** Meaningful when EXITED: the wait status' code, 128+n for signal n, 128 StartError, 255 unknown. */
  readonly exitCode: number;
  /** "OOMKilled", "StartError", "Unknown", or empty: then `reasonOf` tells from the code. */
  readonly reason: string;
  /** Why, for people; empty when the code says it all. */
  readonly message: string;
  /** The container's init, from the start intent until its end. */
  readonly init: ProcessIdentity | undefined;
  /** The conmon above it. */
  readonly supervisor: ProcessIdentity | undefined;
  /** Undefined until somebody has asked it to stop. */
  readonly stopRequest: StopRequest | undefined;
  /** A removal has begun: a restart of the daemon completes it. */
  readonly isRemoving: boolean;
  /** Its limits, all of them, since the first update; undefined: as it was created. */
  readonly resources: LinuxResources | undefined;
  /**
   * While it runs, the limits that it is about to get, written down before they are: until `resources`
   * says so any part of them may be in effect, and a restart of the daemon goes on.
   */
  readonly resourcesIntended: LinuxResources | undefined;
}

/** How a task ended. */
export interface Ending {
  readonly exitCode: number;
  /** "OOMKilled", "StartError", "Unknown", or empty: CRI's readers derive Completed and Error. */
  readonly reason: string;
  readonly message: string;
  /** When it was seen to have ended. */
  readonly at: number;
}

/** Reason and code of a start that failed. */
export const START_ERROR = { exitCode: 128, reason: "StartError" } as const;
/** Reason and code of an end that nobody saw. */
export const UNKNOWN_EXIT = { exitCode: 255, reason: "Unknown" } as const;

/** A new container. */
export function created(now: number): ContainerStatus {
  return {
    state: "CREATED",
    createdAt: now,
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
  };
}

/** CREATED, about to be released. */
export function startIntended(
  status: ContainerStatus,
  now: number,
  init: ProcessIdentity,
  supervisor: ProcessIdentity,
): ContainerStatus {
  assert(status.state === "CREATED", `start intended while ${status.state}`);
  assert(status.startIntentAt === 0, "a container is released at most once");
  return { ...status, startIntentAt: Math.max(now, status.createdAt), init, supervisor };
}

/** CREATED → RUNNING. */
export function started(status: ContainerStatus): ContainerStatus {
  assert(status.state === "CREATED", `started while ${status.state}`);
  assert(status.startIntentAt !== 0, "started without an intent");
  return { ...status, state: "RUNNING", startedAt: status.startIntentAt };
}

/** The stop signal was delivered. */
export function stopRequested(
  status: ContainerStatus,
  signal: number,
  now: number,
): ContainerStatus {
  assert(status.state === "RUNNING", `stop requested while ${status.state}`);
  return { ...status, stopRequest: { signal, sentAt: now } };
}

/** RUNNING, about to get other limits. */
export function updateIntended(
  status: ContainerStatus,
  resources: LinuxResources,
): ContainerStatus {
  assert(status.state === "RUNNING", `update intended while ${status.state}`);
  return { ...status, resourcesIntended: resources };
}

/** It has other limits: a task that there is, and any that is created from now on. */
export function updated(status: ContainerStatus, resources: LinuxResources): ContainerStatus {
  const { state, startIntentAt, isRemoving } = status;
  assert(state === "RUNNING" || state === "CREATED", `updated while ${state}`);
  assert(state === "RUNNING" || startIntentAt === 0, "updated while it may begin to run");
  assert(!isRemoving, "updated while it is removed");
  return { ...status, resources, resourcesIntended: undefined };
}

/** The limits that were intended were refused, and those before are in effect. */
export function updateTakenBack(status: ContainerStatus): ContainerStatus {
  assert(status.state === "RUNNING", `update taken back while ${status.state}`);
  assert(status.resourcesIntended !== undefined, "taken back without an intent");
  return { ...status, resourcesIntended: undefined };
}

/** Nobody can tell whether something runs: the reaper finds out and ends it. */
export function lost(status: ContainerStatus, message: string): ContainerStatus {
  assert(status.state !== "EXITED", "an end is final");
  return { ...status, state: "UNKNOWN", message };
}

/** Anything → EXITED, with nothing left running. */
export function ended(status: ContainerStatus, ending: Ending): ContainerStatus {
  assert(status.state !== "EXITED", "an end is final");
  const startedAt = status.startedAt !== 0
    ? status.startedAt
    : ending.reason === START_ERROR.reason
    ? 0
    : status.startIntentAt;
  return {
    ...status,
    state: "EXITED",
    startedAt,
    finishedAt: Math.max(ending.at, startedAt, status.createdAt),
    exitCode: ending.exitCode,
    reason: ending.reason,
    message: ending.message,
    init: undefined,
    supervisor: undefined,
    resourcesIntended: undefined,
  };
}

/** A removal has begun. */
export function removalBegun(status: ContainerStatus): ContainerStatus {
  assert(status.state === "EXITED" || status.state === "CREATED", `removal while ${status.state}`);
  return { ...status, isRemoving: true };
}

/** The reason that readers see: what was recorded, else what the code says. */
export function reasonOf(status: ContainerStatus): string {
  if (status.state !== "EXITED" || status.reason !== "") return status.reason;
  return status.exitCode === 0 ? "Completed" : "Error";
}
