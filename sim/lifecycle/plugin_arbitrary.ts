import fc from "fast-check";
import { HOOK_NAMES, PLUGIN_DEEDS, type PluginAct, type PluginPlan } from "./plugin.ts";
import { beside } from "./trouble.ts";

/** A moment, what others need to get ahead, and longer than a plugin may take. */
const ms = fc.constantFrom(0, 0, 20, 1_000, 40_000);

const act: fc.Arbitrary<PluginAct> = fc.record({
  hook: fc.constantFrom(...HOOK_NAMES),
  nth: fc.constantFrom(1, 1, 1, 2, 3),
  does: fc.constantFrom(...PLUGIN_DEEDS),
  ms,
});

/**
 * One or two plugins take part in the life of all pods in one of so many programs.
 *
 * @param mayAct whether they may do anything but agree
 */
export function plugins(
  oneIn: number,
  mayAct: boolean,
): fc.Arbitrary<readonly PluginPlan[]> {
  const plan: fc.Arbitrary<PluginPlan> = fc.array(act, { maxLength: 4 })
    .map((acts) => mayAct ? acts : []);
  return beside(oneIn, fc.array(plan, { minLength: 1, maxLength: 2 }));
}
