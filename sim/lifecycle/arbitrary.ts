import fc from "fast-check";
import { type EnabledFault, FAULT_NAMES } from "./faults.ts";
import type { Incident } from "./incident.ts";
import {
  type ClientCall,
  type ContainerPlace,
  type LifecycleProgram,
  PID_MAX,
  type Request,
} from "./request.ts";

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
  ["oom", "30"],
  ["oom-child", "20", "0"],
  ["pieces", "12"],
];

/** Enough for what three clients run at a time, with little to spare. */
const FEW_PIDS = 48;

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

/** Chances in 10,000 at each point: from one in a run or so to a machine that hardly works. */
const rate = fc.constantFrom(2, 10, 50, 300);

/** Swarm testing: each run has a few faults of its own, so that none hides what another would show. */
const faults: fc.Arbitrary<readonly EnabledFault[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: faultsAmong(2) },
  { weight: 2, arbitrary: faultsAmong(8) },
);

function faultsAmong(countMax: number): fc.Arbitrary<readonly EnabledFault[]> {
  return fc.uniqueArray(fc.record({ name: fc.constantFrom(...FAULT_NAMES), per10k: rate }), {
    minLength: 1,
    maxLength: countMax,
    selector: ({ name }) => name,
  });
}

const DAY_SECONDS = 86_400;

const incident: fc.Arbitrary<Incident> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("daemon killed" as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "service killed" as const,
      "power lost" as const,
      "conmon killed" as const,
      "out of memory" as const,
    ),
  },
).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    afterSteps: fc.integer({ min: 1, max: 1_200 }),
    choice: fc.nat(7),
  })
);

const clockJump: fc.Arbitrary<Incident> = fc.record({
  kind: fc.constant("clock set"),
  afterSteps: fc.integer({ min: 1, max: 1_200 }),
  choice: fc.integer({ min: -DAY_SECONDS, max: DAY_SECONDS }),
});

const incidents: fc.Arbitrary<readonly Incident[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.oneof({ weight: 9, arbitrary: incident }, { weight: 1, arbitrary: clockJump }),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

/** Which kinds of trouble a program may hold. */
export interface ProgramOptions {
  /** Incidents: of the daemon, of its service, of the machine. */
  readonly crashes: boolean;
  /** Anything of the catalogue. */
  readonly faults: boolean;
}

/** Programs of up to three clients on up to three sandboxes of up to three containers each. */
export function lifecyclePrograms(options: ProgramOptions): fc.Arbitrary<LifecycleProgram> {
  return fc.record({
    clients: fc.array(client, { minLength: 1, maxLength: 3 }),
    incidents: options.crashes ? incidents : fc.constant([]),
    faults: options.faults ? faults : fc.constant([]),
    prepare: fc.constantFrom("eager", "lazy"),
    pidMax: fc.constantFrom(PID_MAX, PID_MAX, PID_MAX, FEW_PIDS),
    hasIdleSubscriber: fc.boolean(),
  });
}

function patient(request: Request): ClientCall {
  return { request, patienceSteps: undefined };
}
