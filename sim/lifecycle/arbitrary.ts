import fc from "fast-check";
import type { ClientCall, ContainerPlace, LifecycleProgram, Request } from "./request.ts";

/** What containers run in lifecycle programs: every way in which a workload can surprise. */
export const COMMANDS: readonly (readonly string[])[] = [
  ["sleep", "1000"],
  ["true"],
  ["exit", "3"],
  ["exit", "7", "40"],
  ["echo", "hello"],
  ["ignore-term"],
  ["on-term", "5"],
  ["fork-holder", "200", "4"],
  ["stay-in-cgroup"],
  ["no-such-program"],
];

// Most requests meet in one place: races need company.
const slot = fc.constantFrom(0, 0, 0, 0, 1, 2);
const place: fc.Arbitrary<ContainerPlace> = fc.record({ sandbox: slot, container: slot });
const graceMs = fc.constantFrom(0, 100, 2_000);

const requests: fc.Arbitrary<Request> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("RunPodSandbox"),
      sandbox: slot,
      hasNetwork: fc.boolean(),
      sharesPids: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("StopPodSandbox"), sandbox: slot }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("RemovePodSandbox"), sandbox: slot }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("CreateContainer"),
      place,
      command: fc.constantFrom(...COMMANDS),
      sharesPids: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("StartContainer"), place }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("StopContainer"), place, gracePeriodMs: graceMs }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("RemoveContainer"), place }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("ExecSync"),
      place,
      timeoutMs: fc.constantFrom(0, 500),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ReopenContainerLog"), place }) },
);

const patience: fc.Arbitrary<number | undefined> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.nat(150) },
);

const calls: fc.Arbitrary<ClientCall> = fc.record({ request: requests, patienceSteps: patience });

/**
 * What a client that wants a container does, so that most runs get to the interesting part: run,
 * create, start, and what a random tail adds.
 */
const opening = (place: ContainerPlace) =>
  fc.record({
    hasNetwork: fc.boolean(),
    sharesPids: fc.boolean(),
    command: fc.constantFrom(...COMMANDS),
    startCount: fc.integer({ min: 1, max: 3 }),
    tail: fc.array(calls, { maxLength: 4 }),
  }).map(({ hasNetwork, sharesPids, command, startCount, tail }): ClientCall[] => [
    patient({ kind: "RunPodSandbox", sandbox: place.sandbox, hasNetwork, sharesPids }),
    patient({ kind: "CreateContainer", place, command, sharesPids }),
    // A client whose answer was lost with the daemon tries again.
    ...Array.from({ length: startCount }, () => patient({ kind: "StartContainer", place })),
    ...tail,
  ]);

const client: fc.Arbitrary<readonly ClientCall[]> = fc.oneof(
  { weight: 2, arbitrary: place.chain(opening) },
  { weight: 1, arbitrary: fc.array(calls, { minLength: 1, maxLength: 6 }) },
);

/** Which kinds of trouble a program may hold. */
export interface ProgramOptions {
  /** The daemon may be killed. */
  readonly crashes: boolean;
  /** Calls and programs may fail, and the machine may be slow. */
  readonly faults: boolean;
}

/** Programs of up to three clients on up to three sandboxes of up to three containers each. */
export function lifecyclePrograms(options: ProgramOptions): fc.Arbitrary<LifecycleProgram> {
  return fc.record({
    clients: fc.array(client, { minLength: 1, maxLength: 3 }),
    crashes: options.crashes
      ? fc.oneof(
        fc.constant([]),
        fc.array(fc.integer({ min: 1, max: 1_200 }), { minLength: 1, maxLength: 2 }),
      )
      : fc.constant([]),
    prepare: fc.constantFrom("eager", "lazy"),
    slowPer10k: options.faults ? fc.constantFrom(0, 0, 2, 20) : fc.constant(0),
    faultsPerMille: options.faults ? fc.constantFrom(0, 0, 0, 2, 10) : fc.constant(0),
  });
}

function patient(request: Request): ClientCall {
  return { request, patienceSteps: undefined };
}
