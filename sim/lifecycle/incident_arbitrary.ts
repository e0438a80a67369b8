import fc from "fast-check";
import type { Incident, IncidentKind } from "./incident.ts";
import { unlessNone } from "./trouble.ts";

const DAY_SECONDS = 86_400;

/** Most runs are over before a thousand steps, and the interesting part before three hundred. */
const afterSteps = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_200 }) },
);

/** After so many of what: any steps, or right beside what lasts. */
const when: fc.Arbitrary<Pick<Incident, "afterSteps" | "pace">> = fc.oneof(
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

/** The daemon is killed more often than all else happens. */
function crash(among: readonly IncidentKind[]): fc.Arbitrary<Incident> {
  return fc.oneof(
    ...unlessNone(4, among.filter(isOfDaemon), (kinds) => fc.constantFrom(...kinds)),
    ...unlessNone(3, among.filter((it) => !isOfDaemon(it)), (kinds) => fc.constantFrom(...kinds)),
  ).chain((kind) =>
    fc.record({ kind: fc.constant(kind), choice: fc.nat(7), awayMs, when })
      .map(({ when, ...incident }) => ({ ...incident, ...when }))
  );
}

/** The daemon is asked to end, once or twice. */
export const stops: fc.Arbitrary<readonly Incident[]> = fc.array(
  fc.record({
    choice: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(100)),
    awayMs,
    when,
  }).map(({ when, ...incident }): Incident => ({ kind: "daemon stopped", ...incident, ...when })),
  { minLength: 1, maxLength: 2 },
);

/** Somebody removes what is the runtime's, once or twice. */
export function removals(among: readonly IncidentKind[]): fc.Arbitrary<readonly Incident[]> {
  const removal = fc.record({ kind: fc.constantFrom(...among), choice: fc.nat(1_000), when })
    .map(({ when, ...incident }): Incident => ({ ...incident, ...when }));
  return fc.array(removal, { minLength: 1, maxLength: 2 });
}

/** Puts an incident, which counts from the beginning, among others: those stay where they are. */
export function placed(incidents: readonly Incident[], incident: Incident): readonly Incident[] {
  let left = incident.afterSteps;
  for (const [index, next] of incidents.entries()) {
    if (left <= next.afterSteps) {
      const later = { ...next, afterSteps: next.afterSteps - left };
      return incidents.toSpliced(index, 1, { ...incident, afterSteps: left }, later);
    }
    left -= next.afterSteps;
  }
  return [...incidents, { ...incident, afterSteps: left }];
}

function isOfDaemon(kind: IncidentKind): boolean {
  return kind === "daemon killed";
}

const clockJump: fc.Arbitrary<Incident> = fc.record({
  kind: fc.constant("clock set"),
  afterSteps,
  choice: fc.integer({ min: -DAY_SECONDS, max: DAY_SECONDS }),
});

/**
 * What befalls a machine in every other run.
 *
 * @param among what may be drawn; nothing is fine
 */
export function incidents(among: readonly IncidentKind[]): fc.Arbitrary<readonly Incident[]> {
  const crashes = among.filter((it) => it !== "clock set");
  const jumps = among.filter((it) => it === "clock set");
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    ...unlessNone(1, among, () =>
      fc.array(
        fc.oneof(...unlessNone(9, crashes, crash), ...unlessNone(1, jumps, () => clockJump)),
        { minLength: 1, maxLength: 3 },
      )),
  );
}
