import { assert } from "@std/assert";
import type { ProcessIdentity } from "../kernel/processes.ts";
import type { NetworkResult } from "../network/network.ts";

/**
 * The life of a sandbox.
 *
 * ```text
 *   PREPARING ──ready──▶ READY ──stopping──▶ STOPPING ──stopped──▶ STOPPED ─▶ removed
 *       │                                       ▲
 *       └───────────── rollback failed ─────────┘
 * ```
 *
 * CRI sees READY as SANDBOX_READY, everything else as SANDBOX_NOTREADY. PREPARING is not shown: nobody
 * knows the id. From STOPPING on, no process can be added.
 */
export type SandboxPhase = "PREPARING" | "READY" | "STOPPING" | "STOPPED";

/** The init of a shared PID namespace. */
export interface Pause {
  /** The process that reaps for the pod: number 1 in its PID namespace. */
  readonly init: ProcessIdentity;
  /** The conmon above it. */
  readonly supervisor: ProcessIdentity;
}

/** What is durably known of a sandbox and changes. Times in microseconds since 1970. */
export interface SandboxStatus {
  /** See the diagram: it only ever moves to the right. */
  readonly phase: SandboxPhase;
  /** When RunPodSandbox began. */
  readonly createdAt: number;
  /** What the network gave; undefined on the host's network, and before. */
  readonly network: NetworkResult | undefined;
  /** Undefined where pods share no PID namespace. */
  readonly pause: Pause | undefined;
  /** STOPPED was announced, in this life of the daemon or an earlier one. */
  readonly isStopTold: boolean;
}

/** A sandbox that is being made: what it will use is on disk before it is used. */
export function preparing(now: number): SandboxStatus {
  return {
    phase: "PREPARING",
    createdAt: now,
    network: undefined,
    pause: undefined,
    isStopTold: false,
  };
}

/** PREPARING → READY. */
export function ready(
  status: SandboxStatus,
  network: NetworkResult | undefined,
  pause: Pause | undefined,
): SandboxStatus {
  assert(status.phase === "PREPARING", `ready while ${status.phase}`);
  return { ...status, phase: "READY", network, pause };
}

/** No process can be added from now on; what is there is taken away step by step. */
export function stopping(status: SandboxStatus): SandboxStatus {
  return status.phase === "STOPPED" ? status : { ...status, phase: "STOPPING" };
}

/** READY → STOPPING by itself: the init of its PID namespace has ended, and all of the pod with it. */
export function died(status: SandboxStatus): SandboxStatus {
  return status.phase === "READY" ? { ...stopping(status), isStopTold: true } : status;
}

/** STOPPING → STOPPED: nothing runs, no namespace and no network is left. */
export function stopped(status: SandboxStatus): SandboxStatus {
  assert(
    status.phase === "STOPPING" || status.phase === "STOPPED",
    `stopped while ${status.phase}`,
  );
  return { ...status, phase: "STOPPED", pause: undefined, isStopTold: true };
}
