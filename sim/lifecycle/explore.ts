import fc from "fast-check";
import { type CounterExample, counterExampleOf } from "../experiment/counterexample.ts";
import { failureClassOf } from "../experiment/failure_class.ts";
import { shrink } from "../experiment/shrink.ts";
import { traceOf } from "../experiment/trace.ts";
import { reportOfCounterExample, reportText } from "../report/mod.ts";
import type { StrategyName } from "../strategies/portfolio.ts";
import { lifecyclePrograms, pairPrograms } from "./arbitrary.ts";
import { lifecycleExperiment } from "./experiment.ts";
import type { Pair } from "./pairs.ts";
import { addProbes, type ProbeCounts } from "./probes.ts";
import { selfCheck } from "./self_check.ts";
import type { LifecycleProgram } from "./request.ts";
import { runLifecycle } from "./run.ts";
import type { TroubleName } from "./trouble.ts";

/** What a seed is a seed of. */
export interface SearchSpace {
  /** How schedules are chosen; each strategy for a part of the seeds unless given. */
  readonly strategy?: StrategyName;
  /** What clients do: these two things, or anything unless given. */
  readonly scenario?: Pair;
  /** What may go wrong; anything unless given. */
  readonly faults?: readonly TroubleName[];
}

export interface ExploreOptions extends SearchSpace {
  /** Of the first run; run n has seed + n. */
  readonly seed: number;
  readonly runs: number;
}

/** A run in which an invariant broke. */
export interface Finding {
  readonly seed: number;
  readonly space: SearchSpace;
  readonly program: LifecycleProgram;
  readonly failure: unknown;
}

export interface Exploration {
  readonly runs: number;
  readonly steps: number;
  /** How many programs of containers were executed: runs in which none is show little. */
  readonly executions: number;
  /** How many runs came to which rare branches. */
  readonly probes: ProbeCounts;
  /** A number for each state that any run came to. */
  readonly states: ReadonlySet<number>;
  readonly finding: Finding | undefined;
}

/**
 * Runs lifecycle programs, one a seed, until one breaks an invariant or all are done. A seed stands for
 * the program, its faults and, with the strategy, its interleaving: it is all that a replay needs.
 */
export function explore(
  { seed: first, runs, ...space }: ExploreOptions,
): Exploration {
  const { strategy = "portfolio" } = space;
  const states = new Set<number>();
  const sum = { runs: 0, steps: 0, executions: 0, probes: {}, states, finding: undefined };
  while (sum.runs < runs) {
    const seed = first + sum.runs++;
    const program = programOf(seed, space);
    const run = runLifecycle(program, { seed, strategy });
    selfCheck(program, { seed, strategy });
    sum.steps += run.steps;
    sum.probes = addProbes(sum.probes, run.reached);
    sum.executions += run.simulation.machine.executions.length;
    for (const state of run.states) states.add(state);
    const { failure } = run;
    if (failure !== undefined) return { ...sum, finding: { seed, space, program, failure } };
  }
  return sum;
}

/** Put together once: it takes as long as drawing a program from it. */
const ANYTHING = lifecyclePrograms();

/** The program that a seed stands for. */
export function programOf(
  seed: number,
  { scenario, faults }: SearchSpace = {},
): LifecycleProgram {
  const programs = scenario !== undefined
    ? pairPrograms(scenario, faults)
    : faults === undefined
    ? ANYTHING
    : lifecyclePrograms(faults);
  const [program] = fc.sample(programs, { seed, numRuns: 1 });
  if (program === undefined) throw new Error("fast-check made no program");
  return program;
}

/** A finding, shrunk, as a file that makes it again; `version` is of the code that was run. */
export function shrinkFinding(
  { seed, space: { strategy = "portfolio" }, program, failure }: Finding,
  version: string,
): CounterExample {
  const experiment = lifecycleExperiment();
  const { schedule } = traceOf(experiment, program, { seed, strategy });
  const failureClass = failureClassOf(failure);
  const shrunk = shrink(experiment, { program, seed, schedule, failureClass });
  return counterExampleOf(experiment, shrunk, version);
}

/** The one command that makes the whole run of a finding again. */
export function replayCommand({ seed, space: { strategy, scenario, faults } }: Finding): string {
  const flags = [
    ...(strategy === undefined || strategy === "portfolio" ? [] : [`--strategy=${strategy}`]),
    ...(scenario === undefined ? [] : [`--scenario=${scenario.join("+")}`]),
    ...(faults === undefined ? [] : [`--faults="${faults.join(",") || "none"}"`]),
  ];
  return ["deno task replay", seed, ...flags].join(" ");
}

/** A finding as a report: what broke, how to see it again, and the smallest run that still breaks it. */
export function describeFinding(finding: Finding): string {
  const example = shrinkFinding(finding, "");
  return reportText(reportOfCounterExample(lifecycleExperiment(), example, replayCommand(finding)));
}
