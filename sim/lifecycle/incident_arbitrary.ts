import fc from "fast-check";
import type { Incident } from "./incident.ts";

const DAY_SECONDS = 86_400;

/** Most runs are over before a thousand steps, and the interesting part before three hundred. */
const afterSteps = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_200 }) },
);

/** After so many of what: any steps, or right beside what lasts. */
export const when: fc.Arbitrary<Pick<Incident, "afterSteps" | "pace">> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ afterSteps }) },
  {
    weight: 1,
    arbitrary: fc.record({
      afterSteps: fc.integer({ min: 1, max: 40 }),
      pace: fc.constant("commits" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      afterSteps: fc.integer({ min: 1, max: 12 }),
      pace: fc.constant("forks" as const),
    }),
  },
);

/** Of virtual time, in which programs end and nobody sees it. */
const awayMs = fc.constantFrom(0, 0, 0, 50, 5_000);

export const incident: fc.Arbitrary<Incident> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("daemon killed" as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "service killed" as const,
      "power lost" as const,
      "conmon killed" as const,
      "out of memory" as const,
      "pid taken" as const,
    ),
  },
).chain((kind) =>
  fc.record({ kind: fc.constant(kind), choice: fc.nat(7), awayMs, when })
    .map(({ when, ...incident }) => ({ ...incident, ...when }))
);

const clockJump: fc.Arbitrary<Incident> = fc.record({
  kind: fc.constant("clock set"),
  afterSteps,
  choice: fc.integer({ min: -DAY_SECONDS, max: DAY_SECONDS }),
});

/** What befalls a machine in every other run. */
export const incidents: fc.Arbitrary<readonly Incident[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.oneof({ weight: 9, arbitrary: incident }, { weight: 1, arbitrary: clockJump }),
      { minLength: 1, maxLength: 3 },
    ),
  },
);
