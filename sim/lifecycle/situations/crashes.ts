import fc from "fast-check";
import { single } from "../fault_arbitrary.ts";
import {
  befalling,
  callsOf,
  created,
  ENDING,
  HOME,
  lasting,
  pod,
  running,
  type Situation,
  START,
} from "./parts.ts";

/** What was prepared has failed, or fails yet, and perhaps nobody ever asks for it. */
export const failedPreparation: fc.Arbitrary<Situation> = fc.record({
  setup: created(fc.constantFrom(["no-such-program"], ["no-such-program"], ["sleep", "1000"])),
  clients: fc.tuple(callsOf(1, 2, ["CreateContainer", "StartContainer", ...ENDING])),
  faults: fc.oneof(fc.constant([]), fc.tuple(single())),
  incidents: befalling([1, 2], ["daemon killed"], ["steps", 25]),
  prepare: fc.constant("eager" as const),
});

/** A start is under way, and there the daemon dies, and perhaps more. */
export const cutOffStart: fc.Arbitrary<Situation> = fc.record({
  setup: created(fc.oneof(lasting, fc.constantFrom(["true"], ["exit", "7", "40"]))),
  clients: fc.tuple(
    fc.constant([START, START]),
    fc.oneof(fc.constant([]), callsOf(1, 2, ENDING)),
  ),
  incidents: befalling(
    [1, 2],
    ["daemon killed", "daemon killed", "daemon killed", "service killed", "conmon killed"],
    ["steps", 150],
    ["commits", 4],
    ["forks", 6],
  ),
});

/** The power fails around what was just written down. */
export const powerCut: fc.Arbitrary<Situation> = fc.record({
  setup: fc.oneof(created(lasting), running(lasting)),
  exits: fc.constantFrom([], [HOME]),
  clients: fc.tuple(
    callsOf(1, 3, ["StartContainer", "StartContainer", ...ENDING]),
    callsOf(0, 2, ["RunPodSandbox", "CreateContainer", ...ENDING]),
  ),
  incidents: befalling(
    [1, 2],
    ["power lost", "power lost", "daemon killed"],
    ["steps", 100],
    ["commits", 6],
  ),
});

/** Pods come and go; something of it fails, or is cut off. */
export const pods: fc.Arbitrary<Situation> = fc.record({
  clients: fc.tuple(
    fc.array(pod, { minLength: 1, maxLength: 2 }),
    callsOf(0, 2, ["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"]),
  ),
  trouble: fc.oneof(
    befalling(
      [1, 2],
      ["daemon killed", "daemon killed", "power lost"],
      ["steps", 200],
      ["commits", 6],
      ["forks", 8],
    ).map((incidents) => ({ incidents })),
    fc.array(single(), { minLength: 1, maxLength: 2 }).map((faults) => ({ faults })),
  ),
}).map(({ trouble, ...program }) => ({ ...program, ...trouble }));
