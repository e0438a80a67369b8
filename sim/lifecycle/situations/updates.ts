import fc from "fast-check";
import { single } from "../fault_arbitrary.ts";
import { type ClientCall, PID_MAX } from "../request.ts";
import {
  befalling,
  callsOf,
  created,
  ENDING,
  failing,
  HOME,
  lasting,
  running,
  type Situation,
  START,
  update,
} from "./parts.ts";

const updates = (lengthMax: number) => fc.array(update, { minLength: 1, maxLength: lengthMax });

/** The limits of a container change while it starts, from a task that was prepared or not. */
export const updatedStart: fc.Arbitrary<Situation> = fc.record({
  setup: created(lasting),
  clients: fc.tuple(
    fc.oneof(fc.constant([START]), updates(1).map((calls) => [...calls, START])),
    updates(3),
    fc.oneof(fc.constant([]), callsOf(1, 2, ENDING)),
  ),
});

/** They change while it ends, or its pod. */
export const updatedEnd: fc.Arbitrary<Situation> = fc.record({
  setup: fc.oneof(created(lasting), running(lasting)),
  exits: fc.constantFrom([], [HOME]),
  clients: fc.tuple(updates(3), callsOf(1, 2, [...ENDING, "RemovePodSandbox"])),
});

/** Somebody changes them, and the daemon dies, or what does it. */
export const cutOffUpdate: fc.Arbitrary<Situation> = fc.record({
  setup: fc.oneof(created(lasting), running(lasting), running(lasting)),
  clients: fc.tuple(
    updates(3),
    fc.oneof(fc.constant<ClientCall[]>([]), updates(2), fc.constant([START])),
  ),
  trouble: fc.oneof(
    befalling([1, 2], ["daemon killed"], ["steps", 40], ["commits", 3], ["forks", 2])
      .map((incidents) => ({ incidents })),
    fc.tuple(
      failing(
        ...["runtime killed", "runtime fails last", "runtime fails first"] as const,
        ...["runtime hangs", "spawned and refused", "commit done and refused"] as const,
      ),
    ).map((faults) => ({ faults })),
    fc.array(single(), { minLength: 1, maxLength: 2 }).map((faults) => ({ faults })),
  ),
  pidMax: fc.constant(PID_MAX),
}).map(({ trouble, ...program }) => ({ ...program, ...trouble }));
