import type { Incident } from "./incident.ts";
import { callOf, type LifecycleProgram, QUIET, type Request } from "./request.ts";

/** What may meet another thing on one container and its sandbox. */
export const PAIR_PARTS = [
  "run",
  "stop-sandbox",
  "remove-sandbox",
  "create",
  "start",
  "stop",
  "remove",
  "update",
  "exit",
  "crash",
] as const;

/** One of them. */
export type PairPart = typeof PAIR_PARTS[number];

/** Those about a container that is there. */
const OF_A_CONTAINER: ReadonlySet<PairPart> = new Set([
  "start",
  "stop",
  "remove",
  "update",
  "exit",
]);

/** Two of them that meet. */
export type Pair = readonly [PairPart, PairPart];

const PLACE = { sandbox: 0, container: 0 } as const;
const OTHER_PLACE = { sandbox: 0, container: 1 } as const;
const CRASH: Incident = { kind: "daemon killed", afterSteps: 1, choice: 0 };

const REQUESTS: Readonly<Record<Exclude<PairPart, "exit" | "crash">, Request>> = {
  run: { kind: "RunPodSandbox", sandbox: 1, hasNetwork: false, sharesPids: false },
  "stop-sandbox": { kind: "StopPodSandbox", sandbox: 0 },
  "remove-sandbox": { kind: "RemovePodSandbox", sandbox: 0 },
  create: {
    kind: "CreateContainer",
    place: OTHER_PLACE,
    command: ["sleep", "1000"],
    sharesPids: false,
  },
  start: { kind: "StartContainer", place: PLACE },
  stop: { kind: "StopContainer", place: PLACE, gracePeriodMs: 0 },
  remove: { kind: "RemoveContainer", place: PLACE },
  update: { kind: "UpdateContainerResources", place: PLACE, update: "heavy" },
};

/** Every two of them, each with itself as well, but no two exits or crashes. */
export function allPairs(): readonly Pair[] {
  return PAIR_PARTS.flatMap((first, index) =>
    PAIR_PARTS.slice(index).map((second) => [first, second] as const)
  ).filter(([first, second]) => isRequest(first) || first !== second);
}

/** The two that "start+remove" names; undefined where it names none. */
export function parsePair(text: string): Pair | undefined {
  const [first, second, ...rest] = text.split("+").map((name) =>
    PAIR_PARTS.find((it) => it === name)
  );
  const isPair = first !== undefined && second !== undefined && rest.length === 0;
  return isPair ? [first, second] : undefined;
}

/**
 * Two things that happen at the same time to one container, and all that has to be there before: a
 * sandbox; in it a container, unless one is created and the other thing is about none; and that runs if
 * something is to end it and nothing else starts it.
 */
export function pairProgram(
  parts: Pair,
  prepare: LifecycleProgram["prepare"],
): LifecycleProgram {
  const clients = parts.filter(isRequest).map((part) => [callOf(REQUESTS[part])]);
  return {
    ...QUIET,
    // Else the order of timers would follow from the number of steps before them.
    hasInstantSteps: true,
    setup: setupOf(parts).map(callOf),
    clients,
    exits: parts.includes("exit") ? [PLACE] : [],
    incidents: parts.includes("crash") ? [CRASH] : [],
    prepare,
  };
}

function setupOf(parts: readonly PairPart[]): readonly Request[] {
  const sandbox: Request = {
    kind: "RunPodSandbox",
    sandbox: 0,
    hasNetwork: false,
    sharesPids: false,
  };
  if (parts.includes("create") && !parts.some((it) => OF_A_CONTAINER.has(it))) return [sandbox];
  const setup: Request[] = [
    sandbox,
    { kind: "CreateContainer", place: PLACE, command: ["sleep", "1000"], sharesPids: false },
  ];
  const isRunning = !parts.includes("start") &&
    parts.some((it) => it === "stop" || it === "exit" || it === "update");
  return isRunning ? [...setup, { kind: "StartContainer", place: PLACE }] : setup;
}

function isRequest(part: PairPart): part is keyof typeof REQUESTS {
  return part in REQUESTS;
}
