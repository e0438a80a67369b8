import fc from "fast-check";
import { callsOf, created, ENDING, lasting, pod, type Situation, START } from "./parts.ts";

/** Nobody waits to the end of a start, and of what else there is. */
export const impatience: fc.Arbitrary<Situation> = fc.record({
  setup: created(lasting),
  calls: fc.tuple(
    fc.constant([START]),
    fc.oneof(fc.constant([]), callsOf(1, 3, [...ENDING, "StartContainer", "RunPodSandbox"])),
  ),
  patience: fc.infiniteStream(fc.oneof(
    fc.record({ patienceSteps: fc.nat(6), patienceOf: fc.constant("own steps" as const) }),
    fc.record({ patienceSteps: fc.nat(18), patienceOf: fc.constant("own steps" as const) }),
    fc.record({ patienceSteps: fc.oneof(fc.nat(14), fc.nat(100)) }),
    fc.record({ patienceSteps: fc.nat(4), patienceOf: fc.constant("forks" as const) }),
    fc.record({ deadlineMs: fc.constantFrom(0, 20, 300) }),
  )),
  prepare: fc.constantFrom("eager" as const, "eager" as const, "lazy" as const),
}).map(({ calls, patience, ...program }) => ({
  ...program,
  clients: calls.map((calls) => calls.map((call) => ({ ...call, ...patience.next().value }))),
}));

/** Whoever wants a pod gives up while its helpers are at work. */
export const abandonedPod: fc.Arbitrary<Situation> = fc.record({
  pod,
  patience: fc.oneof(
    fc.record({ patienceSteps: fc.nat(250) }),
    fc.record({ patienceSteps: fc.nat(30), patienceOf: fc.constant("own steps" as const) }),
  ),
  others: fc.array(pod, { maxLength: 1 }),
}).map(({ pod, patience, others }) => ({ clients: [[{ ...pod, ...patience }], others] }));
