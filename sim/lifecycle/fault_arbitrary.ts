import fc from "fast-check";
import type { FaultSpell } from "../faults.ts";
import { canStrikeOnce, type EnabledFault, FAULT_NAMES, isOfCalls } from "./faults.ts";
import type { LifecycleProgram } from "./request.ts";

/** Chances in 10,000 at each point: from one in a run or so to a machine that hardly works. */
const rate = fc.constantFrom(2, 10, 50, 300);
const oftenInSpell = fc.constantFrom(1_000, 3_000, 10_000);

/** What of the catalogue can go wrong, and when. */
export type Trouble = Pick<LifecycleProgram, "faults" | "spell">;

/** Swarm testing: each run has a few faults of its own, so that none hides what another would show. */
export const trouble: fc.Arbitrary<Trouble> = fc.oneof(
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

/** Within the first hundreds of steps, for so many of them. */
export function spell(...steps: readonly number[]): fc.Arbitrary<FaultSpell> {
  return fc.record({ fromStep: fc.nat(500), steps: fc.constantFrom(...steps) })
    .map(({ fromStep, steps }) => ({ fromStep, toStep: fromStep + steps }));
}

/** Most of the faults of calls, each time. */
function refusals(): fc.Arbitrary<readonly EnabledFault[]> {
  const names = FAULT_NAMES.filter(isOfCalls);
  return fc.subarray(names, { minLength: names.length >> 1 })
    .map((names) => names.map((name) => ({ name, per10k: 10_000 })));
}

/** One to so many of them. */
export function faultsAmong(
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
export function single(): fc.Arbitrary<EnabledFault> {
  const nth = fc.oneof(fc.nat(4), fc.nat(20), fc.nat(100));
  const name = fc.constantFrom(...FAULT_NAMES.filter(canStrikeOnce));
  return fc.record({ name, per10k: fc.constant(0), nth });
}
