import fc from "fast-check";
import { callOf, type ClientCall, type ContainerPlace, type ContainerSlot } from "../request.ts";
import {
  befalling,
  type Calls,
  callsOf,
  created,
  ENDING,
  HOME,
  type Kind,
  lasting,
  POD,
  running,
  type Situation,
  START,
  stop,
} from "./parts.ts";

/** A container ends, by itself or by its stop, while others stop and remove it. */
export const ends: fc.Arbitrary<Situation> = fc.record({
  setup: running(lasting),
  exits: fc.constant([HOME]),
  clients: fc.tuple(
    fc.array(stop, { minLength: 1, maxLength: 3 }),
    callsOf(0, 3, ENDING),
    callsOf(0, 2, ENDING),
  ),
});

/** A container is over before anybody has looked. */
export const shortLife: fc.Arbitrary<Situation> = fc.record({
  setup: created(fc.constantFrom(["true"], ["exit", "3"], ["exit", "7", "40"], ["oom", "0"])),
  clients: fc.tuple(
    fc.array(stop, { minLength: 1, maxLength: 2 }).map((stops) => [START, ...stops]),
    callsOf(0, 3, [...ENDING, "StartContainer"]),
  ),
});

const COMMANDS: readonly (readonly string[])[] = [
  ["sleep", "600"],
  ["sleep", "600"],
  ["fork-holder", "60000", "0"],
  ["exit", "3", "20"],
];

/** A client that gives up a command, perhaps while it is being brought into the container. */
const givenUp: fc.Arbitrary<Pick<ClientCall, "patienceSteps">> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ patienceSteps: fc.nat(50) }) },
);

/** Commands are executed in a container, with a time or without, and perhaps it ends. */
export const commands: fc.Arbitrary<Situation> = fc.record({
  setup: running(fc.oneof(lasting, fc.constantFrom(["exit", "7", "40"], ["exit", "3", "1000"]))),
  clients: fc.tuple(
    fc.array(
      fc.record({
        kind: fc.constant("ExecSync" as const),
        place: fc.constant(HOME),
        command: fc.constantFrom(...COMMANDS),
        timeoutMs: fc.constantFrom(0, 0, 10, 500),
      }).chain((request) => givenUp.map((patience) => ({ request, ...patience }))),
      { minLength: 1, maxLength: 3 },
    ),
    callsOf(0, 1, ["ExecSync", "ExecSync", ...ENDING]),
  ),
  incidents: fc.oneof(
    fc.constant([]),
    fc.constant([]),
    befalling([1, 1], ["daemon killed", "conmon killed", "out of memory"], ["steps", 60]),
  ),
});

const ROTATION: readonly Kind[] = [
  "ReopenContainerLog",
  "ReopenContainerLog",
  "ReopenContainerLog",
  "StopContainer",
];

/** A log is rotated, and whoever writes it dies. */
export const logs: fc.Arbitrary<Situation> = fc.record({
  setup: running(fc.constantFrom(["pieces", "12"], ["pieces", "40"], ["sleep", "1000"])),
  clients: fc.tuple(callsOf(2, 4, ROTATION), callsOf(0, 2, ROTATION)),
  incidents: befalling(
    [0, 2],
    ["conmon killed", "conmon killed", "conmon killed", "daemon killed"],
    ["steps", 10],
  ),
});

/** More tasks are to be prepared than may be at a time. */
export const crowd: fc.Arbitrary<Situation> = fc.array(
  fc.record({ slot: fc.constantFrom<ContainerSlot>(0, 1, 2), isStarted: fc.boolean() }),
  { minLength: 9, maxLength: 11 },
).map((rounds) => {
  const calls = rounds.map(({ slot, isStarted }): Calls => {
    const place: ContainerPlace = { sandbox: 0, container: slot };
    const command = ["sleep", "1000"];
    const create = callOf({ kind: "CreateContainer", place, command, sharesPids: false });
    return isStarted ? [create, callOf({ kind: "StartContainer", place })] : [create];
  });
  return {
    setup: [POD],
    clients: [calls.slice(0, 5).flat(), [...calls.slice(5).flat(), START]],
    prepare: "eager",
  };
});
