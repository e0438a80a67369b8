import fc from "fast-check";
import { UPDATES } from "./configs.ts";
import { forwardsTo } from "./forward_arbitrary.ts";
import {
  callOf,
  type ClientCall,
  type ContainerPlace,
  type Request,
  type Talk,
} from "./request.ts";
import { beside } from "./trouble.ts";

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
export const LASTING: readonly (readonly string[])[] = [
  ["sleep", "1000"],
  ["ignore-term"],
  ["on-term", "5"],
  ["on-term", "0"],
];

const EXEC_COMMANDS: readonly (readonly string[])[] = [
  ["true"],
  ["exit", "3", "20"],
  ["sleep", "600"],
  ["fork-holder", "60000", "0"],
  ["no-such-program"],
];

/** What somebody at a terminal asks for: it listens, or says much. */
const SPOKEN_COMMANDS: readonly (readonly string[])[] = [
  ["cat"],
  ["pieces", "12"],
  ["busy-log", "40"],
  ["busy-log", "2000"],
];

const KINDS: readonly Request["kind"][] = [
  "RunPodSandbox",
  "StopPodSandbox",
  "RemovePodSandbox",
  "CreateContainer",
  "StartContainer",
  "StopContainer",
  "RemoveContainer",
  "ExecSync",
  "UpdateContainerResources",
  "ReopenContainerLog",
];

const command = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...LASTING) },
  { weight: 2, arbitrary: fc.constantFrom(...COMMANDS) },
);

// Most requests meet in one place: races need company.
const slot = fc.constantFrom(0, 0, 0, 0, 1, 2);
const anyPlace: fc.Arbitrary<ContainerPlace> = fc.record({ sandbox: slot, container: slot });
const update = fc.constantFrom(...Object.keys(UPDATES));
const graceMs = fc.constantFrom(0, 100, 2_000);
const talk: fc.Arbitrary<Talk> = fc.record({
  lines: fc.constantFrom(0, 1, 3),
  pauseMs: fc.constantFrom(0, 0, 20, 40_000),
});

/**
 * Swarm testing (Groce et al., ISSTA 2012): in every other run clients ask for a few kinds of things only,
 * so that those meet each other often, and nothing else comes between.
 */
const kinds: fc.Arbitrary<readonly Request["kind"][]> = fc.oneof(
  fc.constant(KINDS),
  fc.subarray([...KINDS], { minLength: 1, maxLength: 3 }),
);

/** What a client asks for of the containers in some places, and of their pods. */
export function requestsAt(
  place: fc.Arbitrary<ContainerPlace>,
  kinds: readonly Request["kind"][],
): fc.Arbitrary<Request> {
  const sandbox = place.map((it) => it.sandbox);
  const flags = { hasNetwork: fc.boolean(), sharesPids: fc.boolean() };
  const of = <K extends Request["kind"]>(kind: K) => ({ kind: fc.constant(kind) });
  const weighted: Readonly<Record<Request["kind"], fc.WeightedArbitrary<Request>>> = {
    RunPodSandbox: {
      weight: 3,
      arbitrary: fc.record({ ...of("RunPodSandbox"), sandbox, ...flags }),
    },
    StopPodSandbox: { weight: 3, arbitrary: fc.record({ ...of("StopPodSandbox"), sandbox }) },
    RemovePodSandbox: { weight: 2, arbitrary: fc.record({ ...of("RemovePodSandbox"), sandbox }) },
    CreateContainer: {
      weight: 4,
      arbitrary: fc.record({ ...of("CreateContainer"), place, command, sharesPids: fc.boolean() }),
    },
    StartContainer: { weight: 5, arbitrary: fc.record({ ...of("StartContainer"), place }) },
    StopContainer: {
      weight: 6,
      arbitrary: fc.record({ ...of("StopContainer"), place, gracePeriodMs: graceMs }),
    },
    RemoveContainer: { weight: 4, arbitrary: fc.record({ ...of("RemoveContainer"), place }) },
    ExecSync: {
      weight: 2,
      arbitrary: fc.record({
        ...of("ExecSync"),
        place,
        command: fc.constantFrom(...EXEC_COMMANDS),
        timeoutMs: fc.constantFrom(0, 500),
      }),
    },
    Exec: {
      weight: 3,
      arbitrary: fc.record({
        ...of("Exec"),
        place,
        command: fc.constantFrom(...EXEC_COMMANDS, ...SPOKEN_COMMANDS),
        tty: fc.boolean(),
        talk,
      }),
    },
    Attach: { weight: 3, arbitrary: fc.record({ ...of("Attach"), place, talk }) },
    UpdateContainerResources: {
      weight: 2,
      arbitrary: fc.record({ ...of("UpdateContainerResources"), place, update }),
    },
    ReopenContainerLog: { weight: 2, arbitrary: fc.record({ ...of("ReopenContainerLog"), place }) },
    ContainerStats: { weight: 3, arbitrary: fc.record({ ...of("ContainerStats"), place }) },
    PodSandboxStats: { weight: 3, arbitrary: fc.record({ ...of("PodSandboxStats"), sandbox }) },
    ListContainerStats: { weight: 1, arbitrary: fc.record(of("ListContainerStats")) },
    ListPodSandboxStats: { weight: 1, arbitrary: fc.record(of("ListPodSandboxStats")) },
    PortForward: { weight: 2, arbitrary: forwardsTo(sandbox) },
    PullImage: { weight: 1, arbitrary: fc.record(of("PullImage")) },
    RemoveImage: { weight: 2, arbitrary: fc.record(of("RemoveImage")) },
  };
  return fc.oneof(...kinds.map((kind) => weighted[kind]));
}

/** Within a grace period, a drain, a bound of ours; kubelets have minutes. */
const deadlineMs = fc.constantFrom(50, 300, 1_000, 3_000, 30_000);

/** When a client gives up, if it does. */
type Patience = Pick<ClientCall, "patienceSteps" | "patienceOf" | "deadlineMs">;

/**
 * One in so many clients gives up: at once, when the work is well under way, right when a process was
 * born for it, or when its deadline passes.
 */
function patience(oneIn: number): fc.Arbitrary<Patience> {
  const givesUp: fc.Arbitrary<Patience> = fc.oneof(
    fc.record({ patienceSteps: fc.nat(60) }),
    fc.record({ patienceSteps: fc.nat(300) }),
    fc.record({ patienceSteps: fc.nat(40), patienceOf: fc.constant("own steps" as const) }),
    fc.record({ patienceSteps: fc.nat(6), patienceOf: fc.constant("forks" as const) }),
    fc.record({ deadlineMs }),
  );
  return fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: givesUp },
  );
}

/** A kubelet asks again for what it was refused. */
const triesMax = fc.constantFrom(1, 1, 3);

/** A call, and one client in six that makes it gives it up. */
function impatient(request: fc.Arbitrary<Request>): fc.Arbitrary<ClientCall> {
  return fc.tuple(request, patience(6)).map(([request, patience]) => ({ request, ...patience }));
}

/** Calls, most of them for the container in one place. */
function callsAt(
  home: ContainerPlace,
  kinds: readonly Request["kind"][],
): fc.Arbitrary<ClientCall> {
  const place = fc.oneof(
    { weight: 2, arbitrary: fc.constant(home) },
    { weight: 1, arbitrary: anyPlace },
  );
  return fc.tuple(impatient(requestsAt(place, kinds)), triesMax).map(
    ([call, triesMax]) => ({ ...call, triesMax }),
  );
}

/**
 * What a client that wants a container does, so that most runs get to the interesting part: run,
 * create, start, and what a random tail adds.
 */
const opening = (place: ContainerPlace, kinds: readonly Request["kind"][]) =>
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
    tail: fc.array(callsAt(place, kinds), { maxLength: 4 }),
  }).map(({ hasNetwork, sharesPids, command, patience, starts, tail }): ClientCall[] => [
    {
      request: { kind: "RunPodSandbox", sandbox: place.sandbox, hasNetwork, sharesPids },
      ...patience[0],
    },
    { request: { kind: "CreateContainer", place, command, sharesPids }, ...patience[1] },
    // A client whose answer was lost with the daemon tries again.
    ...starts.map((patience): ClientCall => ({
      request: { kind: "StartContainer", place },
      ...patience,
    })),
    ...tail,
  ]);

/** A container that ends again and again: each time another takes its place, as a kubelet does it. */
const restarting = (place: ContainerPlace): fc.Arbitrary<readonly ClientCall[]> =>
  fc.array(
    fc.record({ command, patience: patience(6), gracePeriodMs: graceMs, isStopped: fc.boolean() }),
    { minLength: 2, maxLength: 4 },
  ).map((rounds) => [
    callOf({
      kind: "RunPodSandbox",
      sandbox: place.sandbox,
      hasNetwork: false,
      sharesPids: false,
    }),
    ...rounds.flatMap(({ command, patience, gracePeriodMs, isStopped }): ClientCall[] => [
      callOf({ kind: "CreateContainer", place, command, sharesPids: false }),
      { request: { kind: "StartContainer", place }, ...patience },
      ...(isStopped ? [callOf({ kind: "StopContainer", place, gracePeriodMs })] : []),
      callOf({ kind: "RemoveContainer", place }),
    ]),
  ]);

/** Who comes to a place where somebody else is at work, or has a place of its own. */
const companion = (
  home: ContainerPlace,
  kinds: readonly Request["kind"][],
): fc.Arbitrary<readonly ClientCall[]> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.array(callsAt(home, kinds), { minLength: 1, maxLength: 6 }) },
    { weight: 3, arbitrary: opening(home, kinds) },
    { weight: 3, arbitrary: anyPlace.chain((place) => opening(place, kinds)) },
    { weight: 1, arbitrary: anyPlace.chain(restarting) },
  );

/** Up to three clients: one that wants a container, and others. */
export const clients: fc.Arbitrary<readonly (readonly ClientCall[])[]> = fc.tuple(anyPlace, kinds)
  .chain(([home, kinds]) =>
    fc.tuple(opening(home, kinds), fc.array(companion(home, kinds), { maxLength: 2 }))
  ).map(([first, others]) => [first, ...others]);

function upTo<T>(max: number, one: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.array(one, { minLength: 1, maxLength: max });
}

/** One or two such clients at once, beside one in so many programs. */
function oneOrTwo(
  oneIn: number,
  client: fc.Arbitrary<readonly ClientCall[]>,
): fc.Arbitrary<readonly (readonly ClientCall[])[]> {
  return beside(oneIn, upTo(2, client));
}

const IMAGE_KINDS = ["PullImage", "RemoveImage"] as const;

/**
 * The kubelet's image collector takes away the image of all containers, and somebody brings it back, both at
 * once in half of the cases, beside one in so many programs.
 */
export function imageCollectors(oneIn: number): fc.Arbitrary<readonly (readonly ClientCall[])[]> {
  return oneOrTwo(oneIn, upTo(3, impatient(requestsAt(anyPlace, IMAGE_KINDS))));
}

const STATISTICS = [
  "ContainerStats",
  "PodSandboxStats",
  "ListContainerStats",
  "ListPodSandboxStats",
] as const;

/** Somebody asks for statistics again and again, as a kubelet does, beside one in so many programs. */
export function readers(oneIn: number): fc.Arbitrary<readonly (readonly ClientCall[])[]> {
  const call = impatient(requestsAt(anyPlace, STATISTICS));
  return beside(oneIn, fc.tuple(upTo(6, call)));
}

const TALKS = ["Exec", "Attach"] as const;

/** Somebody at a terminal speaks with programs in containers, and leaves, beside one in so many programs. */
export function talkers(oneIn: number): fc.Arbitrary<readonly (readonly ClientCall[])[]> {
  const call = fc.tuple(impatient(requestsAt(anyPlace, TALKS)), deadlineMs).map(
    // Programs that listen end with who speaks to them.
    ([call, deadlineMs]) => ({ deadlineMs, ...call }),
  );
  const calls = upTo(4, call);
  return oneOrTwo(oneIn, fc.oneof(calls, calls, anyPlace.chain((place) => listener(place))));
}

/** More than is kept for a client that is slow, and than fits into its socket. */
const FLOODS: readonly (readonly string[])[] = [
  ["flood", "50", "120000"],
  ["flood", "50", "200000"],
  ["pieces", "40"],
  ["cat"],
];

/** Also longer than anybody who takes nothing is waited for. */
const listeningMs = fc.constantFrom(300, 3_000, 90_000, 90_000);

/** Somebody who wants a container that has much to say, and listens to it. */
const listener = (place: ContainerPlace): fc.Arbitrary<readonly ClientCall[]> =>
  fc.record({
    command: fc.constantFrom(...FLOODS),
    listens: upTo(2, fc.record({ talk, patience: patience(6), deadlineMs: listeningMs })),
  }).map(({ command, listens }) => [
    callOf({ kind: "CreateContainer", place, command, sharesPids: false }),
    callOf({ kind: "StartContainer", place }),
    ...listens.map(({ talk, patience, deadlineMs }): ClientCall => ({
      request: { kind: "Attach", place, talk },
      deadlineMs,
      ...patience,
    })),
  ]);

/** Clients reach ports of pods, up to two at a time, beside one in so many programs. */
export function forwarders(oneIn: number): fc.Arbitrary<readonly (readonly ClientCall[])[]> {
  return oneOrTwo(oneIn, upTo(4, impatient(requestsAt(anyPlace, ["PortForward"]))));
}
