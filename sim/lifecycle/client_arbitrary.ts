import fc from "fast-check";
import type { ClientCall, ContainerPlace, Request } from "./request.ts";

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
  ["pieces", "40"],
];

/** Those that run until somebody ends them: most that can go wrong needs a container that runs. */
const LASTING: readonly (readonly string[])[] = [["sleep", "1000"], ["ignore-term"], [
  "on-term",
  "5",
]];

const EXEC_COMMANDS: readonly (readonly string[])[] = [
  ["true"],
  ["exit", "3", "20"],
  ["sleep", "600"],
  ["fork-holder", "60000", "0"],
  ["no-such-program"],
];

const command = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...LASTING) },
  { weight: 2, arbitrary: fc.constantFrom(...COMMANDS) },
);

// Most requests meet in one place: races need company.
const slot = fc.constantFrom(0, 0, 0, 0, 1, 2);
const anyPlace: fc.Arbitrary<ContainerPlace> = fc.record({ sandbox: slot, container: slot });
const graceMs = fc.constantFrom(0, 100, 2_000);

/** What a client asks for, most of it of the container in one place. */
function requestsAt(home: fc.Arbitrary<ContainerPlace>): fc.Arbitrary<Request> {
  const place = fc.oneof({ weight: 2, arbitrary: home }, { weight: 1, arbitrary: anyPlace });
  const sandbox = place.map((it) => it.sandbox);
  const flags = { hasNetwork: fc.boolean(), sharesPids: fc.boolean() };
  const of = <K extends Request["kind"]>(kind: K) => ({ kind: fc.constant(kind) });
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ ...of("RunPodSandbox"), sandbox, ...flags }) },
    { weight: 3, arbitrary: fc.record({ ...of("StopPodSandbox"), sandbox }) },
    { weight: 2, arbitrary: fc.record({ ...of("RemovePodSandbox"), sandbox }) },
    {
      weight: 4,
      arbitrary: fc.record({ ...of("CreateContainer"), place, command, sharesPids: fc.boolean() }),
    },
    { weight: 5, arbitrary: fc.record({ ...of("StartContainer"), place }) },
    {
      weight: 6,
      arbitrary: fc.record({ ...of("StopContainer"), place, gracePeriodMs: graceMs }),
    },
    { weight: 4, arbitrary: fc.record({ ...of("RemoveContainer"), place }) },
    {
      weight: 2,
      arbitrary: fc.record({
        ...of("ExecSync"),
        place,
        command: fc.constantFrom(...EXEC_COMMANDS),
        timeoutMs: fc.constantFrom(0, 500),
      }),
    },
    { weight: 2, arbitrary: fc.record({ ...of("ReopenContainerLog"), place }) },
  );
}

/** One in so many clients gives up: at once, or when the work is well under way. */
function patience(oneIn: number): fc.Arbitrary<number | undefined> {
  const steps = fc.oneof(fc.nat(60), fc.nat(300));
  return fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: steps },
  );
}

function callsAt(home: fc.Arbitrary<ContainerPlace>): fc.Arbitrary<ClientCall> {
  return fc.record({ request: requestsAt(home), patienceSteps: patience(6) });
}

/**
 * What a client that wants a container does, so that most runs get to the interesting part: run,
 * create, start, and what a random tail adds.
 */
const opening = (place: ContainerPlace) =>
  fc.record({
    hasNetwork: fc.boolean(),
    sharesPids: fc.boolean(),
    command,
    // Who gives up here has nothing to go on with.
    patience: fc.tuple(patience(20), patience(20)),
    starts: fc.oneof(
      { weight: 3, arbitrary: fc.tuple(patience(6)) },
      { weight: 1, arbitrary: fc.tuple(patience(6), patience(6), patience(6)) },
    ),
    tail: fc.array(callsAt(fc.constant(place)), { maxLength: 4 }),
  }).map(({ hasNetwork, sharesPids, command, patience, starts, tail }): ClientCall[] => [
    {
      request: { kind: "RunPodSandbox", sandbox: place.sandbox, hasNetwork, sharesPids },
      patienceSteps: patience[0],
    },
    {
      request: { kind: "CreateContainer", place, command, sharesPids },
      patienceSteps: patience[1],
    },
    // A client whose answer was lost with the daemon tries again.
    ...starts.map((patienceSteps): ClientCall => ({
      request: { kind: "StartContainer", place },
      patienceSteps,
    })),
    ...tail,
  ]);

/** Who comes to a place where somebody else is at work, or has a place of its own. */
const companion = (home: ContainerPlace): fc.Arbitrary<readonly ClientCall[]> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.array(callsAt(fc.constant(home)), { minLength: 1, maxLength: 6 }),
    },
    { weight: 1, arbitrary: opening(home) },
    { weight: 1, arbitrary: anyPlace.chain(opening) },
  );

/** Up to three clients: one that wants a container, and others. */
export const clients: fc.Arbitrary<readonly (readonly ClientCall[])[]> = anyPlace.chain((home) =>
  fc.tuple(opening(home), fc.array(companion(home), { maxLength: 2 }))
).map(([first, others]) => [first, ...others]);
