import type { ContainerView, Lifecycle, Measured, SandboxView } from "../operations.ts";
import type { ForwardingClient } from "../forwarding_client.ts";
import type { HookCall } from "../plugin.ts";
import type { ContainerStatus } from "../../../src/container/state.ts";
import type { LifecycleEvent } from "../../../src/events.ts";
import type { Context } from "../../../src/kernel/context.ts";
import type { Step } from "../../step.ts";
import type { MachineObserver } from "../../world/observer.ts";
import type { Request } from "../request.ts";
import type { Received } from "../terminal_client.ts";

/** One RPC of a client, as it is under way. */
export interface Call {
  readonly kind: Request["kind"];
  /** The object that it names; of CreateContainer the sandbox's, of RunPodSandbox none. */
  readonly id: string;
  /** Of StopContainer; 0 for all others. */
  readonly gracePeriodMs: number;
  /** Of UpdateContainerResources: which of `UPDATES`. */
  readonly update?: string;
  /** Of Exec and Attach: what the client takes for each piece of what it hears. */
  readonly pauseMs?: number;
  /** Of PortForward: what its client says and hears. */
  readonly forward?: ForwardingClient;
  /** The life of the daemon that it was made to. */
  readonly runtime: Lifecycle;
  /** Cancelled when its client has given up. */
  readonly context: Context;
  /** When it was made, in virtual time since the machine was first switched on. */
  readonly beganMicros: number;
}

/** How a life of the daemon has ended that was asked to. */
export interface OrderlyEnd {
  /** From the time on that it was asked and had recovered, of virtual time. */
  readonly tookMs: number;
  /** What it still waits for, as histories show it. */
  readonly waits: readonly string[];
}

/**
 * One thing that must hold, and what has to be heard to tell: from the machine, whatever the daemon
 * says (`MachineObserver`), and from the daemon as its clients see it. What breaks it is thrown.
 *
 * A checker keeps count of what it hears, so that nothing looks at the whole machine after each step.
 */
export interface Checker extends MachineObserver {
  /** After every step, when all code that it woke waits again. For what is cheap. */
  afterStep?(step: Step): void;

  /** A life of the daemon has begun: its recovery comes first. */
  lifeBegan?(runtime: Lifecycle): void;
  /** Its recovery is done, and clients are let in. */
  recovered?(runtime: Lifecycle): void;
  /** The daemon was asked to end, and is about to, in order: `lifeEnded` comes next. */
  stopped?(runtime: Lifecycle, end: OrderlyEnd): void;
  /** The daemon was killed, or has ended. */
  lifeEnded?(runtime: Lifecycle): void;
  /** The machine has lost its power, and is on again: nothing runs. */
  powerLost?(): void;

  /** A container can be found from now on; `isLoaded`: an earlier life has made it. */
  appeared?(container: ContainerView, isLoaded: boolean): void;
  /** Readers see another status of it than before. */
  changed?(container: ContainerView, before: ContainerStatus): void;
  /** Readers see it EXITED for the first time, over all lives of the daemon; comes before `changed`. */
  exited?(container: ContainerView): void;
  /** It cannot be found any more. */
  vanished?(container: ContainerView): void;
  /** A sandbox can be found from now on. */
  sandboxAppeared?(sandbox: SandboxView, isReady: boolean): void;
  /** Readers see it get ready, or be so no more. */
  sandboxChanged?(sandbox: SandboxView, isReady: boolean): void;
  /** As `vanished`, of a sandbox. */
  sandboxVanished?(sandbox: SandboxView): void;
  /** The daemon has published an event. */
  published?(event: LifecycleEvent): void;

  /** A client makes a call. */
  called?(call: Call): void;
  /** It is about to be answered OK, with statistics. */
  measured?(call: Call, measured: Measured): void;
  /** It is about to end, with this that its client has heard of a program; `isDone`: and it is answered OK. */
  received?(call: Call, received: Received, isDone: boolean): void;
  /** It was answered OK; `exitCode` is what ExecSync and Exec say of its command. */
  answered?(call: Call, exitCode: number | undefined): void;
  /** It was answered with an error. */
  refused?(call: Call, error: unknown): void;
  /** The daemon was killed meanwhile: whether it was done, nobody knows. */
  lost?(call: Call): void;

  /** A plugin is called. */
  hookCalled?(call: HookCall): void;
  /** It has answered, or given up; in a life that goes on. */
  hookEnded?(call: HookCall, isAgreed: boolean): void;

  /** Nothing is under way and no fault is active: everything must be true now. */
  atRest?(runtime: Lifecycle): void;
}
