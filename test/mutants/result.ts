import { percentile } from "../../bench/statistics.ts";
import { type Mutant, sourceText } from "./mutant.ts";
import type { SearchResult } from "./search.ts";

/** What came of a mutant, as `--json` prints it. */
export interface MutantResult {
  readonly name: string;
  readonly source: string;
  /** What found it; of one that survived, what was expected to. */
  readonly invariant: string;
  /** "equivalent" is for mutants that are proved to behave like the core; there is none now. */
  readonly outcome: "killed" | "equivalent" | "survived";
  /** The strategy of the portfolio whose turn it was; "scenario" where only a directed one finds it. */
  readonly strategy: string | null;
  /** Of the strategy that found it, up to the first that failed; all of the search if none did. */
  readonly schedules: number;
  /** For those, on one core: of CPU time; of a scenario's wall time. */
  readonly seconds: number;
  /** Left after shrinking; null where nothing was shrunk. */
  readonly preemptions: number | null;
}

/** A search's result as a mutant's. */
export function resultOf(mutant: Mutant, result: SearchResult): MutantResult {
  const { failure, schedules, seconds } = result;
  return {
    name: mutant.name,
    source: sourceText(mutant.source),
    invariant: failure?.invariant ?? mutant.invariant,
    outcome: failure === undefined ? "survived" : "killed",
    strategy: failure?.strategy ?? null,
    schedules,
    seconds,
    preemptions: failure?.preemptions ?? null,
  };
}

/** That the search has missed what the mutant's scenario finds, which is one schedule. */
export function foundByScenario(result: MutantResult, seconds: number): MutantResult {
  return { ...result, outcome: "killed", strategy: "scenario", schedules: 1, seconds };
}

/** What all mutants of a run say together. */
export interface Summary {
  readonly mutants: number;
  /** By the search. */
  readonly killed: number;
  /** By their scenario alone. */
  readonly killedByScenario: number;
  readonly schedulesMedian: number;
  readonly schedulesMax: number;
  readonly secondsMedian: number;
  readonly secondsMax: number;
}

/** Medians and worst of those that the search has killed. */
export function summaryOf(results: readonly MutantResult[]): Summary {
  const found = results.filter((it) => it.outcome === "killed");
  const killed = found.filter((it) => it.strategy !== "scenario");
  const schedules = killed.map((it) => it.schedules);
  const seconds = killed.map((it) => it.seconds);
  return {
    mutants: results.length,
    killed: killed.length,
    killedByScenario: found.length - killed.length,
    schedulesMedian: percentile(schedules, 50),
    schedulesMax: percentile(schedules, 100),
    secondsMedian: percentile(seconds, 50),
    secondsMax: percentile(seconds, 100),
  };
}
