import fc from "fast-check";
import { LASTING, requestsAt } from "../client_arbitrary.ts";
import type { EnabledFault, FaultName } from "../faults.ts";
import type { Incident, IncidentKind } from "../incident.ts";
import type { Pace } from "../pace.ts";
import {
  callOf,
  type ClientCall,
  type ContainerPlace,
  type LifecycleProgram,
  type Request,
} from "../request.ts";

/** What is special about a program; all else is as quiet as can be. */
export type Situation = Partial<LifecycleProgram>;

/** What a client asks for, one after the other. */
export type Calls = readonly ClientCall[];
/** A kind of request. */
export type Kind = Request["kind"];

/** Where all of it happens. */
export const HOME: ContainerPlace = { sandbox: 0, container: 0 };
/** Its pod, with nothing of its own. */
export const POD: ClientCall = callOf({
  kind: "RunPodSandbox",
  sandbox: 0,
  hasNetwork: false,
  sharesPids: false,
});
/** The start of the one container. */
export const START: ClientCall = callOf({ kind: "StartContainer", place: HOME });
/** What ends a container. */
export const ENDING: readonly Kind[] = [
  "StopContainer",
  "StopContainer",
  "RemoveContainer",
  "StopPodSandbox",
];

/** Programs that run until somebody ends them. */
export const lasting = fc.constantFrom(...LASTING);

/** A pod, and a container in it that is created. */
export function created(command: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Calls> {
  return fc.record({
    hasNetwork: fc.boolean(),
    sharesPids: fc.constantFrom(false, false, true),
    command,
  }).map(({ command, sharesPids, hasNetwork }) => [
    callOf({ kind: "RunPodSandbox", sandbox: 0, hasNetwork, sharesPids }),
    callOf({ kind: "CreateContainer", place: HOME, command, sharesPids }),
  ]);
}

/** The same, and the container runs. */
export function running(command: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Calls> {
  return created(command).map((calls) => [...calls, START]);
}

/** A pod, with or without what a pod can have. */
export const pod: fc.Arbitrary<ClientCall> = fc.record({
  kind: fc.constant("RunPodSandbox" as const),
  sandbox: fc.constant(0 as const),
  hasNetwork: fc.boolean(),
  sharesPids: fc.boolean(),
}).map(callOf);

/** A stop that gives the container time to end. */
export const stop: fc.Arbitrary<ClientCall> = fc.constantFrom(100, 2_000).map((gracePeriodMs) =>
  callOf({ kind: "StopContainer", place: HOME, gracePeriodMs })
);

/** An update of its resources. */
export const update: fc.Arbitrary<ClientCall> = requestsAt(
  fc.constant(HOME),
  ["UpdateContainerResources"],
).map(callOf);

/** Calls of these kinds, all for the one container or its pod. */
export function callsOf(
  countMin: number,
  countMax: number,
  kinds: readonly Kind[],
): fc.Arbitrary<Calls> {
  return fc.array(requestsAt(fc.constant(HOME), kinds).map(callOf), {
    minLength: countMin,
    maxLength: countMax,
  });
}

/** At most so many steps of a kind. */
type Within = readonly [Pace, number];

/** Incidents of these kinds, each so many steps after the one before. */
export function befalling(
  [countMin, countMax]: readonly [number, number],
  kinds: readonly IncidentKind[],
  ...within: readonly Within[]
): fc.Arbitrary<readonly Incident[]> {
  const when = fc.oneof(
    ...within.map(([pace, max]) =>
      fc.integer({ min: 1, max }).map((afterSteps) => ({ pace, afterSteps }))
    ),
  );
  const incident = fc.record({
    kind: fc.constantFrom(...kinds),
    choice: fc.nat(7),
    awayMs: fc.constantFrom(0, 0, 50, 5_000),
    when,
  });
  return fc.array(incident.map(({ when, ...incident }) => ({ ...incident, ...when })), {
    minLength: countMin,
    maxLength: countMax,
  });
}

/** One of these faults, at one of the first points where it can strike, or again and again. */
export function failing(...names: readonly FaultName[]): fc.Arbitrary<EnabledFault> {
  const name = fc.constantFrom(...names);
  return fc.oneof(
    fc.record({ name, per10k: fc.constant(0), nth: fc.nat(4) }),
    fc.record({ name, per10k: fc.constantFrom(2_000, 5_000) }),
  );
}
