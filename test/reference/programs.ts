import type { EnabledFault } from "../../sim/lifecycle/faults.ts";
import type { IncidentKind } from "../../sim/lifecycle/incident.ts";
import {
  callOf,
  type ClientCall,
  type LifecycleProgram,
  QUIET,
} from "../../sim/lifecycle/request.ts";

const PLACE = { sandbox: 0, container: 0 } as const;
/** Calls of clients, all about one pod and one container. */
export const RUN = callOf({
  kind: "RunPodSandbox",
  sandbox: 0,
  hasNetwork: false,
  sharesPids: false,
});
export const RUN_WITH_NETWORK = callOf({
  kind: "RunPodSandbox",
  sandbox: 0,
  hasNetwork: true,
  sharesPids: false,
});
export const STOP_SANDBOX = callOf({ kind: "StopPodSandbox", sandbox: 0 });
export const REMOVE_SANDBOX = callOf({ kind: "RemovePodSandbox", sandbox: 0 });
export const CREATE = create("sleep", "1000");
export const START = callOf({ kind: "StartContainer", place: PLACE });
export const STOP = callOf({ kind: "StopContainer", place: PLACE, gracePeriodMs: 0 });
export const REMOVE = callOf({ kind: "RemoveContainer", place: PLACE });

/** A program in which nothing goes wrong. */
export function clients(...calls: readonly (readonly ClientCall[])[]): LifecycleProgram {
  return { ...QUIET, clients: calls };
}

/** Its calls meet a fault of the catalogue now and then. */
export function failing(
  program: LifecycleProgram,
  name: EnabledFault["name"],
  per10k: number,
): LifecycleProgram {
  return { ...program, faults: [{ name, per10k }] };
}

/** Something befalls the machine so many steps after what befell it before. */
export function befallen(
  program: LifecycleProgram,
  kind: IncidentKind,
  afterSteps: number,
  choice: number = 0,
): LifecycleProgram {
  return { ...program, incidents: [...program.incidents, { kind, afterSteps, choice }] };
}

/** Calls of a client that does not take no for an answer. */
export function stubborn(...calls: readonly ClientCall[]): ClientCall[] {
  return calls.flatMap((it) => times(3, it));
}

/** A call, again and again. */
export function times(count: number, call: ClientCall): ClientCall[] {
  return Array.from({ length: count }, () => call);
}

/** Creates a container that runs something else. */
export function create(...command: readonly string[]): ClientCall {
  return callOf({ kind: "CreateContainer", place: PLACE, command, sharesPids: false });
}
