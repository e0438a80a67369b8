import fc from "fast-check";
import { failureClassOf } from "../../sim/experiment/failure_class.ts";
import { programOf, shrinkFinding } from "../../sim/lifecycle/explore.ts";
import { runLifecycle } from "../../sim/lifecycle/run.ts";
import { inMacrotask } from "../../sim/mod.ts";
import { strategyOf } from "../../sim/strategies/portfolio.ts";
import { imagePlans, runImages } from "../property/images.ts";
import type { SearchName } from "./mutant.ts";

/** Random programs, under the portfolio of strategies; a seed stands for a run, whole. */
export interface Search {
  /** Makes the run of a seed: what broke, or undefined. Call it from a macrotask. */
  failureOf(seed: number): unknown;
  /** What kind of failure it is: "I3", "deadlock", "bug". */
  classOf(failure: unknown): string;
  /** How many preemptions are left of a run that fails when it is shrunk; null where nothing shrinks it. */
  preemptions(seed: number, failure: unknown): Promise<number | null>;
}

/** All of them. */
export const SEARCHES: Readonly<Record<SearchName, Search>> = {
  lifecycle: {
    failureOf: (seed) => runLifecycle(programOf(seed), { seed }).failure,
    classOf: (failure) => failureClassOf(failure).split(":")[0] ?? "",
    preemptions: (seed, failure) =>
      inMacrotask(() => {
        const finding = { seed, space: {}, program: programOf(seed), failure };
        return shrinkFinding(finding, "").preemptions;
      }),
  },
  images: {
    failureOf: failureOfImages,
    classOf: () => "images",
    preemptions: () => Promise.resolve(null),
  },
};

function failureOfImages(seed: number): unknown {
  const [plan] = fc.sample(imagePlans, { seed, numRuns: 1 });
  if (plan === undefined) throw new Error("fast-check made no plan");
  try {
    runImages(plan, strategyOf("portfolio", seed));
    return undefined;
  } catch (error) {
    return error;
  }
}
