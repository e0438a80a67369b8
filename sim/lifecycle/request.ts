import type { FaultSpell } from "../faults.ts";
import type { EnabledFault } from "./faults.ts";
import type { Incident } from "./incident.ts";
import type { Pace } from "./pace.ts";
import type { PluginPlan } from "./plugin.ts";

/** Which sandbox of the few that a run plays with. */
export type SandboxSlot = 0 | 1 | 2;
/** Which container of a sandbox. */
export type ContainerSlot = 0 | 1 | 2;

/** Which container is meant: the last one that was created in its slot. */
export interface ContainerPlace {
  readonly sandbox: SandboxSlot;
  readonly container: ContainerSlot;
}

/** How a client speaks with a program. */
export interface Talk {
  /** How many lines it says; without any it has no input. */
  readonly lines: number;
  /** What it takes for each piece of what it hears, in milliseconds. */
  readonly pauseMs: number;
}

/** One RPC of a client, before it is known which ids it will carry. */
export type Request =
  | {
    readonly kind: "RunPodSandbox";
    readonly sandbox: SandboxSlot;
    readonly hasNetwork: boolean;
    readonly sharesPids: boolean;
  }
  | { readonly kind: "StopPodSandbox"; readonly sandbox: SandboxSlot }
  | { readonly kind: "RemovePodSandbox"; readonly sandbox: SandboxSlot }
  | {
    readonly kind: "CreateContainer";
    readonly place: ContainerPlace;
    /** What the container runs, for `sim/programs/workload`. */
    readonly command: readonly string[];
    /** Asks for its pod's PID namespace: refused where the pod has none. */
    readonly sharesPids: boolean;
  }
  | { readonly kind: "StartContainer"; readonly place: ContainerPlace }
  | {
    readonly kind: "StopContainer";
    readonly place: ContainerPlace;
    readonly gracePeriodMs: number;
  }
  | { readonly kind: "RemoveContainer"; readonly place: ContainerPlace }
  | {
    readonly kind: "ExecSync";
    readonly place: ContainerPlace;
    readonly command: readonly string[];
    readonly timeoutMs: number;
  }
  | {
    readonly kind: "UpdateContainerResources";
    readonly place: ContainerPlace;
    /** Which of `UPDATES`. */
    readonly update: string;
  }
  | {
    readonly kind: "Exec";
    readonly place: ContainerPlace;
    readonly command: readonly string[];
    readonly tty: boolean;
    readonly talk: Talk;
  }
  | { readonly kind: "Attach"; readonly place: ContainerPlace; readonly talk: Talk }
  /** With the renaming of the log before it. */
  | { readonly kind: "ReopenContainerLog"; readonly place: ContainerPlace }
  | { readonly kind: "ContainerStats"; readonly place: ContainerPlace }
  | { readonly kind: "PodSandboxStats"; readonly sandbox: SandboxSlot }
  | {
    readonly kind: "PortForward";
    readonly sandbox: SandboxSlot;
    /** Of `SERVICES` in `sim/programs`, or one where nobody listens. */
    readonly port: number;
    /** How many pieces its client sends. */
    readonly pieces: number;
    /** How long it stays after the last of them before it ends its half. */
    readonly lingersMs: number;
  }
  /** Of all that there are. */
  | { readonly kind: "ListContainerStats" | "ListPodSandboxStats" }
  /** Of the one image that all containers are made of. */
  | { readonly kind: "PullImage" | "RemoveImage" };

/** A request, and how long its client waits. */
export interface ClientCall {
  readonly request: Request;
  /** After so many steps it cancels; never unless given. */
  readonly patienceSteps?: number;
  /** Which steps those are; any unless given. */
  readonly patienceOf?: Pace;
  /** Its deadline, in virtual time from the call on; none unless given. */
  readonly deadlineMs?: number;
  /** How often it is made as long as it is refused, as a kubelet does; once unless given. */
  readonly triesMax?: number;
  /** "1.2", the second call of the first client, also when calls before it were taken away. */
  readonly key?: string;
}

/** A call of a client that waits for ever, and asks once. */
export function callOf(request: Request): ClientCall {
  return { request };
}

/** A run, as data: what several clients do at the same time, and what goes wrong meanwhile. */
export interface LifecycleProgram {
  /** Made one after the other before all clients, while nothing goes wrong. */
  readonly setup?: readonly ClientCall[];
  /** Containers whose init dies of itself at any point, if it is there then. */
  readonly exits?: readonly ContainerPlace[];
  readonly clients: readonly (readonly ClientCall[])[];
  /** What befalls the machine while the clients are at work. */
  readonly incidents: readonly Incident[];
  /** What of the catalogue can go wrong, and how often; all else is off. */
  readonly faults: readonly EnabledFault[];
  /** When it goes wrong: all the time unless given. */
  readonly spell?: FaultSpell;
  /** Whether tasks are prepared ahead of their start. */
  readonly prepare: "eager" | "lazy";
  /** How many pids there are: few, and they recycle soon. */
  readonly pidMax: number;
  /** The host's network plugins fail where the namespace of a pod is gone. */
  readonly hasStrictPlugins?: boolean;
  /** Take part in the life of pods and containers; none unless given. */
  readonly plugins?: readonly PluginPlan[];
  /** What containers may be spoken to by: nothing unless given. */
  readonly consoles?: "pipes" | "terminals";
  /** Steps take no time: timers are due at once that were set while nothing else could happen. False unless given. */
  readonly hasInstantSteps?: boolean;
  /** Somebody asks for the daemon's events and never reads one. */
  readonly hasIdleSubscriber: boolean;
}

/** What the machine has for pids where they should not matter. */
export const PID_MAX = 128;

/** Nobody does anything, and nothing goes wrong. */
export const QUIET: LifecycleProgram = {
  clients: [],
  incidents: [],
  faults: [],
  prepare: "lazy",
  pidMax: PID_MAX,
  hasIdleSubscriber: false,
};

/** Whether a request is for somebody who speaks with a program, or with a port of a pod. */
export function isForStreaming({ kind }: Request): boolean {
  return kind === "Exec" || kind === "Attach" || kind === "PortForward";
}

/** Whether a request changes nothing, and is for numbers alone. */
export function isForStatistics({ kind }: Request): boolean {
  return kind.endsWith("Stats");
}

/** A request as one line of a report. */
export function describeRequest(request: Request): string {
  switch (request.kind) {
    case "RunPodSandbox":
      return `RunPodSandbox s${request.sandbox}${request.hasNetwork ? " cni" : ""}${
        request.sharesPids ? " shared-pid" : ""
      }`;
    case "StopPodSandbox":
    case "RemovePodSandbox":
    case "PodSandboxStats":
      return `${request.kind} s${request.sandbox}`;
    case "PortForward":
      return `${request.kind} s${request.sandbox}:${request.port} ${request.pieces} pieces${
        request.lingersMs === 0 ? "" : ` ${request.lingersMs} ms`
      }`;
    case "CreateContainer":
      return `CreateContainer ${placeText(request.place)} [${request.command.join(" ")}]${
        request.sharesPids ? " shared-pid" : ""
      }`;
    case "StopContainer":
      return `StopContainer ${placeText(request.place)} ${request.gracePeriodMs} ms`;
    case "ExecSync":
      return `ExecSync ${placeText(request.place)} [${request.command.join(" ")}]${
        request.timeoutMs === 0 ? "" : ` ${request.timeoutMs} ms`
      }`;
    case "Exec":
      return `Exec ${placeText(request.place)} [${request.command.join(" ")}]${
        request.tty ? " tty" : ""
      } ${talkText(request.talk)}`;
    case "Attach":
      return `Attach ${placeText(request.place)} ${talkText(request.talk)}`;
    case "UpdateContainerResources":
      return `${request.kind} ${placeText(request.place)} ${request.update}`;
    case "ListContainerStats":
    case "ListPodSandboxStats":
    case "PullImage":
    case "RemoveImage":
      return request.kind;
    default:
      return `${request.kind} ${placeText(request.place)}`;
  }
}

function placeText(place: ContainerPlace): string {
  return `s${place.sandbox}c${place.container}`;
}

function talkText({ lines, pauseMs }: Talk): string {
  return `${lines} lines${pauseMs === 0 ? "" : `, ${pauseMs} ms a piece`}`;
}
