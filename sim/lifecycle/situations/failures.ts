import fc from "fast-check";
import { single } from "../fault_arbitrary.ts";
import {
  befalling,
  callsOf,
  created,
  ENDING,
  failing,
  lasting,
  POD,
  type Situation,
  START,
} from "./parts.ts";

/** Nobody knows what was committed, neither when it is taken back, and then the daemon dies. */
export const doubtfulCommits: fc.Arbitrary<Situation> = fc.record({
  clients: fc.tuple(
    callsOf(1, 3, ["RunPodSandbox"]),
    callsOf(0, 3, ["RunPodSandbox", "CreateContainer", "RemovePodSandbox", "RemoveContainer"]),
  ),
  faults: fc.record({
    name: fc.constant("commit done and refused" as const),
    per10k: fc.constantFrom(3_000, 6_000),
  }).map((fault) => [fault]),
  incidents: befalling([1, 2], ["daemon killed"], ["steps", 200], ["commits", 8]),
});

/** A creation fails, and so does what takes it back. */
export const failedCreation: fc.Arbitrary<Situation> = fc.record({
  setup: fc.constant([POD]),
  clients: fc.tuple(callsOf(1, 3, ["CreateContainer"]), callsOf(0, 2, ["CreateContainer"])),
  faults: fc.tuple(
    failing("no mounts", "mounted and refused", "disk full", "commit done and refused"),
    failing("busy mounts", "disk fails"),
  ),
});

/** What ends a container fails, and the daemon dies before it has tried again. */
export const stuckEnd: fc.Arbitrary<Situation> = fc.record({
  setup: created(fc.constantFrom(["no-such-program"], ["no-such-program"], ["sleep", "1000"])),
  clients: fc.tuple(
    callsOf(0, 2, ENDING).map((calls) => [START, ...calls]),
    callsOf(0, 2, ENDING),
  ),
  faults: fc.tuple(fc.oneof(
    { weight: 2, arbitrary: failing("signals refused", "runtime fails first") },
    // Of the removals of a group three in a row have to fail.
    { weight: 1, arbitrary: fc.constant({ name: "busy cgroups" as const, per10k: 9_000 }) },
  )),
  incidents: befalling([1, 2], ["daemon killed"], ["steps", 100], ["commits", 2]),
});

/** A start fails at one point or another, or takes long, while others stop and remove. */
export const failingStart: fc.Arbitrary<Situation> = fc.record({
  setup: created(lasting),
  clients: fc.tuple(fc.constant([START]), callsOf(1, 3, ENDING)),
  faults: fc.array(single(), { minLength: 1, maxLength: 3 }),
});
