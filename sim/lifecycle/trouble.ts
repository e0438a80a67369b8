import fc from "fast-check";
import { FAULT_NAMES, type FaultName } from "./faults.ts";
import { INCIDENT_KINDS, type IncidentKind } from "./incident.ts";

/** What can go wrong in a run: an entry of the catalogue, or what befalls the machine, or both by one name. */
export type TroubleName = FaultName | IncidentKind | "plugin acts up";

/** Plugins that refuse, take their time or never answer. */
export const PLUGIN_TROUBLE = "plugin acts up" satisfies TroubleName;

/** All of it. */
export const TROUBLE_NAMES: readonly TroubleName[] = [
  ...new Set<TroubleName>([...INCIDENT_KINDS, ...FAULT_NAMES, PLUGIN_TROUBLE]),
];

/** One of several ways to draw something, where there is anything to draw from. */
export function unlessNone<Name, T>(
  weight: number,
  among: readonly Name[],
  draw: (among: readonly Name[]) => fc.Arbitrary<T>,
): readonly fc.WeightedArbitrary<T>[] {
  return among.length === 0 ? [] : [{ weight, arbitrary: draw(among) }];
}

/**
 * These, beside one in so many programs, and nothing beside the others. Where it is drawn after all else of a
 * program, whatever else a seed stands for stays as it is.
 */
export function beside<T>(
  oneIn: number,
  these: fc.Arbitrary<readonly T[]>,
): fc.Arbitrary<readonly T[]> {
  return fc.oneof(
    { weight: oneIn - 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: these },
  );
}
