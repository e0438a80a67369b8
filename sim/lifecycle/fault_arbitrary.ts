import fc from "fast-check";
import type { FaultSpell } from "../faults.ts";
import {
  canStrikeOnce,
  COMMON_FAULT_NAMES,
  type EnabledFault,
  type FaultName,
  isOfCalls,
} from "./faults.ts";
import type { LifecycleProgram } from "./request.ts";
import { unlessNone } from "./trouble.ts";

/** Chances in 10,000 at each point: from one in a run or so to a machine that hardly works. */
const rate = fc.constantFrom(2, 10, 50, 300);
const oftenInSpell = fc.constantFrom(1_000, 3_000, 10_000);

/** What of the catalogue can go wrong, and when. */
type Trouble = Pick<LifecycleProgram, "faults" | "spell">;

/**
 * Swarm testing: each run has a few faults of its own, so that none hides what another would show.
 *
 * @param among those that may be drawn; none is fine
 */
export function trouble(among: readonly FaultName[]): fc.Arbitrary<Trouble> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant({ faults: [] }) },
    ...unlessNone(1, among, (names) => fc.record({ faults: several(names, 2) })),
    ...unlessNone(2, among, (names) => fc.record({ faults: several(names, 8) })),
    // Nothing else, and often: who waits for a stranger is told by that alone.
    ...unlessNone(2, among.filter(isHang), (names) => fc.record({ faults: hangs(names) })),
    // A disk that is full stays so for a while; what was made before is to be taken back under it.
    ...unlessNone(
      1,
      among,
      (names) => fc.record({ faults: several(names, 4, oftenInSpell), spell: spell(20, 60, 200) }),
    ),
    // All that is asked of the kernel in a moment fails, whatever it is.
    ...unlessNone(
      1,
      among.filter(isOfCalls),
      (names) => fc.record({ faults: refusals(names), spell: spell(2, 6, 20) }),
    ),
    // One thing fails, at any point, or two, and all that comes after it works.
    ...unlessNone(
      3,
      among.filter(canStrikeOnce),
      (names) => fc.record({ faults: fc.array(single(names), { minLength: 1, maxLength: 3 }) }),
    ),
  );
}

/**
 * What of these goes wrong with a pull in one of so many programs that have one: now and then, or once.
 *
 * @param among those that may be drawn; none is fine
 */
export function pullTrouble(
  oneIn: number,
  among: readonly FaultName[],
): fc.Arbitrary<readonly EnabledFault[]> {
  return fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constant([]) },
    ...unlessNone(1, among, (names) => fc.oneof(several(names, 2), fc.tuple(single(names)))),
  );
}

/** Within the first hundreds of steps, for so many of them. */
function spell(...steps: readonly number[]): fc.Arbitrary<FaultSpell> {
  return fc.record({ fromStep: fc.nat(500), steps: fc.constantFrom(...steps) })
    .map(({ fromStep, steps }) => ({ fromStep, toStep: fromStep + steps }));
}

/** Most of them, each time. */
function refusals(among: readonly FaultName[]): fc.Arbitrary<readonly EnabledFault[]> {
  return fc.subarray([...among], { minLength: among.length >> 1 })
    .map((names) => names.map((name) => ({ name, per10k: 10_000 })));
}

/** One to so many of them. */
function several(
  among: readonly FaultName[],
  countMax: number,
  per10k: fc.Arbitrary<number> = rate,
): fc.Arbitrary<readonly EnabledFault[]> {
  return fc.uniqueArray(fc.record({ name: fc.constantFrom(...among), per10k }), {
    minLength: 1,
    maxLength: countMax,
    selector: ({ name }) => name,
  });
}

function isHang(name: FaultName): boolean {
  return name.endsWith(" hangs");
}

function hangs(among: readonly FaultName[]): fc.Arbitrary<readonly EnabledFault[]> {
  return fc.record({
    name: fc.constantFrom(...among),
    per10k: fc.constantFrom(20, 100, 500),
  }).map((fault) => [fault]);
}

/** A fault that strikes once: early in most runs, since few have many points at which it can. */
export function single(
  among: readonly FaultName[] = COMMON_FAULT_NAMES.filter(canStrikeOnce),
): fc.Arbitrary<EnabledFault> {
  const nth = fc.oneof(fc.nat(4), fc.nat(20), fc.nat(100));
  return fc.record({ name: fc.constantFrom(...among), per10k: fc.constant(0), nth });
}
