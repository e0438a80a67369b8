/**
 * What fast-check draws for properties on the simulated machine: schedules, and whole programs of client
 * calls with crashes and faults.
 *
 * @example A lock file that two can hold: fast-check draws the schedules, and shrinks the one that shows it
 * ```ts
 * import { hasErrno, type Kernel } from "@slipway/slipway";
 * import { inMacrotask, Planned, simulate } from "@slipway/slipway/sim";
 * import { schedules } from "@slipway/slipway/sim/arbitraries";
 * import { assert, assertEquals } from "@std/assert";
 * import fc from "fast-check";
 *
 * // Whoever finds no lock file writes one. Between the two somebody else may do the same.
 * async function tryLock({ files }: Kernel, owner: string): Promise<boolean> {
 *   try {
 *     await files.readFile("/run/lock", 64);
 *     return false;
 *   } catch (error) {
 *     if (!hasErrno(error, "ENOENT")) throw error;
 *   }
 *   await files.writeFile("/run/lock", owner);
 *   return true;
 * }
 *
 * const property = fc.property(schedules(), (plan) => {
 *   simulate({ seed: 1, chooser: new Planned(plan) }, (simulation) => {
 *     const { kernel } = simulation.bootDaemon(() => {});
 *     const holders: string[] = [];
 *     const lock = async (owner: string) => {
 *       if (await tryLock(kernel, owner)) holders.push(owner);
 *       assert(holders.length < 2, `held by ${holders.join(" and ")}`);
 *     };
 *     return ["one", "two"].map((owner) => simulation.spawn(owner, () => lock(owner)));
 *   });
 * });
 *
 * const { failed, counterexample } = await inMacrotask(() => fc.check(property, { seed: 1 }));
 * assert(failed);
 * // The first runs alone until it has found no lock file; there it is made to wait, once.
 * assertEquals(counterexample?.[0].priorities, []);
 * assertEquals(counterexample?.[0].changes.length, 1);
 * ```
 *
 * @module
 */

import fc, { type Arbitrary } from "fast-check";

import type { Plan } from "./strategies/planned.ts";

/** How far plans reach. */
export interface PlanOptions {
  /** Choices among which a task may be made to wait; 500 unless given. */
  readonly choicesMax?: number;
  /** Tasks that may have a priority of their own; 8 unless given. */
  readonly tasksMax?: number;
  /** How often a task is made to wait; 4 unless given. */
  readonly changesMax?: number;
}

/**
 * Schedules for fast-check, as plans of priorities: made before the run, so that its seeds, paths and
 * shrinking work as they do for any other data. They shrink to the sequential run, from which only the
 * switches are left that a failure needs. Give one to a simulation as `chooser: new Planned(plan)`.
 */
export function schedules(
  { choicesMax = 500, tasksMax = 8, changesMax = 4 }: PlanOptions = {},
): Arbitrary<Plan> {
  return fc.record({
    priorities: fc.array(fc.integer({ min: 0, max: tasksMax }), { maxLength: tasksMax }),
    changes: fc.array(fc.integer({ min: 1, max: choicesMax }), { maxLength: changesMax }),
  });
}

export { lifecyclePrograms, pairPrograms } from "./lifecycle/arbitrary.ts";
export { type FaultName, LIFECYCLE_FAULTS } from "./lifecycle/faults.ts";
export { INCIDENT_KINDS, type IncidentKind } from "./lifecycle/incident.ts";
export { type Pair, PAIR_PARTS, type PairPart } from "./lifecycle/pairs.ts";
export { TROUBLE_NAMES, type TroubleName } from "./lifecycle/trouble.ts";
