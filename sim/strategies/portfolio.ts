import type { Chooser } from "../chooser.ts";
import { FairTail } from "./fair_tail.ts";
import { Pct } from "./pct.ts";
import { Pos } from "./pos.ts";
import { RandomWalk } from "./random_walk.ts";

/** A way to choose schedules; `portfolio` is each of the others for a part of the seeds. */
export type StrategyName = "random" | "pct" | "pos" | "portfolio";

/** All of them. */
export const STRATEGY_NAMES: readonly StrategyName[] = ["random", "pct", "pos", "portfolio"];

/** None wins everywhere, so each has its turn. */
const TURNS = ["random", "pct", "pos"] as const;
/** Many times what a run needs that is going to end. */
const UNFAIR_STEPS = 20_000;

/** The strategy of that name for a run, with a fair tail. */
export function strategyOf(name: StrategyName, seed: number): Chooser {
  return new FairTail(unfair(name, seed), UNFAIR_STEPS);
}

/** Which strategy a seed has in the portfolio: a function of the seed, so that a replay has the same. */
export function turnOf(seed: number): typeof TURNS[number] {
  return TURNS[seed % TURNS.length] as typeof TURNS[number];
}

function unfair(name: StrategyName, seed: number): Chooser {
  switch (name) {
    case "random":
      return new RandomWalk(seed);
    case "pct":
      return new Pct(seed);
    case "pos":
      return new Pos(seed);
    case "portfolio":
      return unfair(turnOf(seed), seed);
  }
}
