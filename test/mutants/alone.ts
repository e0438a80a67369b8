import type { Edit, Mutant } from "./mutant.ts";

/**
 * Takes an invariant out of the oracle: what breaks it is not raised. A mutant that survives then is
 * found by nothing else.
 */
export function withoutInvariant(invariant: string): Edit {
  if (invariant === "liveness") {
    return {
      file: "sim/lifecycle/run.ts",
      from: "HEALED_STEPS_MAX = 100_000",
      to: "HEALED_STEPS_MAX = Infinity",
    };
  }
  return {
    file: "sim/lifecycle/oracle/violation.ts",
    from: "if (!holds) throw new",
    to: `if (!holds && invariant !== "${invariant}") throw new`,
  };
}

/** The mutants that nothing but their invariant is said to find. */
export function lonely(mutants: readonly Mutant[]): readonly Mutant[] {
  return mutants.filter((it) => it.isFoundByNothingElse);
}
