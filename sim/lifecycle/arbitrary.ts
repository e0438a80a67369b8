import fc from "fast-check";
import { canStrikeOnce, type EnabledFault, FAULT_NAMES, isOfCalls } from "./faults.ts";
import type { Incident } from "./incident.ts";
import type { FaultSpell } from "../faults.ts";
import { clients } from "./client_arbitrary.ts";
import { type LifecycleProgram, PID_MAX } from "./request.ts";

/** Enough for two containers, so that pids come again while somebody still has them in mind. */
const FEW_PIDS = 16;

/** Chances in 10,000 at each point: from one in a run or so to a machine that hardly works. */
const rate = fc.constantFrom(2, 10, 50, 300);
const oftenInSpell = fc.constantFrom(1_000, 3_000, 10_000);

type Trouble = Pick<LifecycleProgram, "faults" | "spell">;

/** Swarm testing: each run has a few faults of its own, so that none hides what another would show. */
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ faults: [] }) },
  { weight: 1, arbitrary: fc.record({ faults: faultsAmong(2) }) },
  { weight: 2, arbitrary: fc.record({ faults: faultsAmong(8) }) },
  // Nothing else, and often: who waits for a stranger is told by that alone.
  { weight: 2, arbitrary: fc.record({ faults: hangs() }) },
  // A disk that is full stays so for a while; what was made before is to be taken back under it.
  {
    weight: 1,
    arbitrary: fc.record({ faults: faultsAmong(4, oftenInSpell), spell: spell(20, 60, 200) }),
  },
  // All that is asked of the kernel in a moment fails, whatever it is.
  { weight: 1, arbitrary: fc.record({ faults: refusals(), spell: spell(2, 6, 20) }) },
  // One thing fails, at any point, or two, and all that comes after it works.
  {
    weight: 3,
    arbitrary: fc.record({ faults: fc.array(single(), { minLength: 1, maxLength: 3 }) }),
  },
);

function spell(...steps: readonly number[]): fc.Arbitrary<FaultSpell> {
  return fc.record({ fromStep: fc.nat(500), steps: fc.constantFrom(...steps) })
    .map(({ fromStep, steps }) => ({ fromStep, toStep: fromStep + steps }));
}

/** Most of the faults of calls, each time. */
function refusals(): fc.Arbitrary<readonly EnabledFault[]> {
  const names = FAULT_NAMES.filter(isOfCalls);
  return fc.subarray(names, { minLength: names.length >> 1 })
    .map((names) => names.map((name) => ({ name, per10k: 10_000 })));
}

function faultsAmong(
  countMax: number,
  per10k: fc.Arbitrary<number> = rate,
): fc.Arbitrary<readonly EnabledFault[]> {
  return fc.uniqueArray(fc.record({ name: fc.constantFrom(...FAULT_NAMES), per10k }), {
    minLength: 1,
    maxLength: countMax,
    selector: ({ name }) => name,
  });
}

function hangs(): fc.Arbitrary<readonly EnabledFault[]> {
  const names = FAULT_NAMES.filter((name) => name.endsWith(" hangs"));
  return fc.record({
    name: fc.constantFrom(...names),
    per10k: fc.constantFrom(20, 100, 500),
  }).map((fault) => [fault]);
}

/** A fault that strikes once: early in most runs, since few have many points at which it can. */
function single(): fc.Arbitrary<EnabledFault> {
  const nth = fc.oneof(fc.nat(4), fc.nat(20), fc.nat(100));
  const name = fc.constantFrom(...FAULT_NAMES.filter(canStrikeOnce));
  return fc.record({ name, per10k: fc.constant(0), nth });
}

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

const incident: fc.Arbitrary<Incident> = fc.oneof(
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

const incidents: fc.Arbitrary<readonly Incident[]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.oneof({ weight: 9, arbitrary: incident }, { weight: 1, arbitrary: clockJump }),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

/** Which kinds of trouble a program may hold. */
export interface ProgramOptions {
  /** Incidents: of the daemon, of its service, of the machine. */
  readonly crashes: boolean;
  /** Anything of the catalogue. */
  readonly faults: boolean;
}

/** Programs of up to three clients on up to three sandboxes of up to three containers each. */
export function lifecyclePrograms(options: ProgramOptions): fc.Arbitrary<LifecycleProgram> {
  return fc.record({
    clients,
    incidents: options.crashes ? incidents : fc.constant([]),
    trouble: options.faults ? trouble : fc.constant({ faults: [] }),
    prepare: fc.constantFrom("eager", "lazy"),
    pidMax: fc.constantFrom(PID_MAX, PID_MAX, PID_MAX, FEW_PIDS),
    hasIdleSubscriber: fc.boolean(),
    hasStrictPlugins: fc.boolean(),
  }).map(({ trouble, ...program }) => ({ ...program, ...trouble }));
}
