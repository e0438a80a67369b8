import type { HistoryEntry } from "../history.ts";
import type { Simulation } from "../simulation.ts";
import type { LifecycleProgram } from "./request.ts";
import { type LifecycleOptions, runLifecycle } from "./run.ts";

/** One run in so many is made twice. */
const SHARE = 64;
const STEP_LENGTH_MAX = 200;

/** A run was not a function of its seed: time, chance or the order of memory has got into it. */
export class NotDeterministic extends Error {
  override readonly name = "NotDeterministic";
}

/**
 * Makes a share of all runs twice more, and compares the two step by step. It is no finding that could be
 * shrunk: nothing that such a simulator says can be relied on.
 *
 * @throws {NotDeterministic}
 */
export function selfCheck(program: LifecycleProgram, options: LifecycleOptions): void {
  if (options.seed % SHARE !== 0) return;
  const difference = differenceOfTwo(() => runLifecycle(program, { ...options, history: true }));
  if (difference === undefined) return;
  throw new NotDeterministic(`seed ${options.seed} made two different runs: ${difference}`);
}

/** Makes a run twice, and tells the first step in which the second went another way. */
export function differenceOfTwo(
  run: () => { readonly simulation: Simulation },
): string | undefined {
  const first = run().simulation.history.entries();
  const second = run().simulation.history.entries();
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    const [one, other] = [textOf(first[i]), textOf(second[i])];
    if (one !== other) return `step ${i + 1} is ${one}, and the second time ${other}`;
  }
  return undefined;
}

function textOf(entry: HistoryEntry | undefined): string {
  if (entry === undefined) return "nothing";
  return `${entry.task}: ${entry.text} at ${entry.elapsedMicros} µs`.slice(0, STEP_LENGTH_MAX);
}
