import fc from "fast-check";
import { lifecyclePrograms } from "./arbitrary.ts";
import type { StrategyName } from "../strategies/portfolio.ts";
import { runLifecycle } from "./run.ts";
import { describeRequest, type LifecycleProgram } from "./request.ts";

export interface ExploreOptions {
  /** Of the first run; run n has seed + n. */
  readonly seed: number;
  readonly runs: number;
  /** How schedules are chosen; each strategy for a part of the seeds unless given. */
  readonly strategy?: StrategyName;
}

/** A run in which an invariant broke. */
export interface Finding {
  readonly seed: number;
  readonly strategy: StrategyName;
  readonly program: LifecycleProgram;
  readonly failure: unknown;
}

export interface Exploration {
  readonly runs: number;
  readonly steps: number;
  /** How many programs of containers were executed: runs in which none is show little. */
  readonly executions: number;
  readonly finding: Finding | undefined;
}

/**
 * Runs lifecycle programs, one a seed, until one breaks an invariant or all are done. A seed stands for
 * the program, its faults and, with the strategy, its interleaving: it is all that a replay needs.
 */
export function explore(
  { seed: first, runs, strategy = "portfolio" }: ExploreOptions,
): Exploration {
  const sum = { runs: 0, steps: 0, executions: 0, finding: undefined };
  while (sum.runs < runs) {
    const seed = first + sum.runs++;
    const program = programOf(seed);
    const { steps, failure, simulation } = runLifecycle(program, { seed, strategy });
    sum.steps += steps;
    sum.executions += simulation.machine.executions.length;
    if (failure !== undefined) return { ...sum, finding: { seed, strategy, program, failure } };
  }
  return sum;
}

/** The program that a seed stands for. */
export function programOf(seed: number): LifecycleProgram {
  const [program] = fc.sample(lifecyclePrograms({ crashes: true, faults: true }), {
    seed,
    numRuns: 1,
  });
  if (program === undefined) throw new Error("fast-check made no program");
  return program;
}

/** The one command that makes the run of a finding again. */
export function replayCommand({ seed, strategy }: Finding): string {
  const which = strategy === "portfolio" ? "" : ` --strategy=${strategy}`;
  return `deno task sim --seed=${seed} --runs=1${which}`;
}

/**
 * A finding as a report: what broke, the one command that replays it, and the smallest program that
 * still breaks it with the same schedule seed.
 */
export function describeFinding(finding: Finding): string {
  const { seed, strategy, program, failure } = finding;
  const shrunk = shrink(finding) ?? program;
  const lines = [
    failure instanceof Error ? failure.stack ?? failure.message : String(failure),
    `replay: ${replayCommand(finding)}`,
    `program, shrunk (crashes after ${shrunk.crashes.join(", ") || "no"} steps, ` +
    `${shrunk.faultsPerMille} faults in 1000 calls, slow at ${shrunk.slowPer10k} of 10000 steps):`,
  ];
  shrunk.clients.forEach((calls, index) => {
    lines.push(`  client ${index + 1}`);
    for (const { request, patienceSteps } of calls) {
      const patience = patienceSteps === undefined
        ? ""
        : `, cancelled after ${patienceSteps} steps`;
      lines.push(`    ${describeRequest(request)}${patience}`);
    }
  });
  const replayed = runLifecycle(shrunk, { seed, strategy, history: true });
  const history = replayed.simulation.history.text(SHOWN_STEPS).replaceAll(
    /([0-9a-f]{8})[0-9a-f]{56}/g,
    "$1…",
  );
  lines.push("last steps:", ...history.split("\n").map((line) => line.slice(0, LINE_LENGTH_MAX)));
  return lines.join("\n");
}

const SHOWN_STEPS = 60;
const LINE_LENGTH_MAX = 220;

function shrink({ seed, strategy }: Finding): LifecycleProgram | undefined {
  const property = fc.property(
    lifecyclePrograms({ crashes: true, faults: true }),
    (program) => runLifecycle(program, { seed, strategy }).failure === undefined,
  );
  const { counterexample } = fc.check(property, {
    seed,
    numRuns: 1,
    interruptAfterTimeLimit: 20_000,
  });
  return counterexample?.[0];
}
