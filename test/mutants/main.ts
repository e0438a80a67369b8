/**
 * `deno task mutants`: takes the core apart, one thing at a time, and asks whether the simulator notices.
 *
 * @module
 */

import { Command, InvalidArgumentError, Option } from "commander";
import { Progress } from "../../bench/progress.ts";
import { count } from "../../src/program/options.ts";
import { lonely, withoutInvariant } from "./alone.ts";
import { MUTANTS } from "./catalogue.ts";
import { WorkingCopy } from "./copy.ts";
import { type Budget, hunt } from "./hunt.ts";
import type { Mutant } from "./mutant.ts";
import { foundByScenario, type MutantResult, resultOf } from "./result.ts";
import { runScenario } from "./scenario.ts";
import { invariantsOf, tableOf } from "./table.ts";

interface Options {
  readonly filter?: RegExp;
  readonly jobs: number;
  readonly seed: number;
  readonly schedules: number;
  readonly seconds: number;
  readonly shrink: boolean;
  readonly alone?: boolean;
  readonly json?: boolean;
}

const SCHEDULES = 5_000;
const SECONDS = 30;
/** Where a scenario finds it as well, which one schedule does: then chance has its turn for so long. */
const SCHEDULES_BEFORE_SCENARIO = 1_000;
const SECONDS_BEFORE_SCENARIO = 3;
/** More than the core takes for as many schedules. */
const SECONDS_SOUND = 600;
/** So many schedules without a find count as a survival where an invariant was taken out. */
const ALONE_SCHEDULES = 1_000;

const program = new Command("mutants")
  .description(
    "take one protection of the core out at a time, in a copy, and search for what breaks; " +
      "exit code 1 when a mutant survives",
  )
  .option("--filter <regex>", "only mutants whose name or source matches", regex)
  .option("--jobs <n>", "searches at the same time", count, navigator.hardwareConcurrency)
  .option("--seed <n>", "of the first schedule; the others follow", count, 1)
  .option("--schedules <n>", "at most for each mutant", count, SCHEDULES)
  .addOption(
    new Option("--seconds <n>", "of CPU time at most for each mutant").argParser(count)
      .default(SECONDS),
  )
  .option("--no-shrink", "leave failures as they were found")
  .option("--alone", "search those again that one invariant alone finds, without that invariant")
  .option("--json", "print an array of results")
  .action(main);

await program.parseAsync(["deno", "mutants", ...Deno.args.filter((it) => it !== "--")]);

async function main(options: Options): Promise<void> {
  const mutants = MUTANTS.filter(({ name, source }) =>
    options.filter === undefined || options.filter.test(`${name} ${JSON.stringify(source)}`)
  );
  const results = await searchAll(mutants, options);
  await requireSound(mutants, results, options);
  const alone = options.alone ? await searchAlone(lonely(mutants), options) : new Map();
  if (options.json) console.log(JSON.stringify(results, undefined, 2));
  else console.log(`${tableOf(results)}\n\n${invariantsOf(results, alone)}`);
  const isLonelinessTrue = !options.alone ||
    [...alone.values()].flat().length === lonely(mutants).length;
  if (results.some((it) => it.outcome === "survived") || !isLonelinessTrue) Deno.exitCode = 1;
}

async function searchAll(
  mutants: readonly Mutant[],
  options: Options,
): Promise<readonly MutantResult[]> {
  return await inCopies(mutants, options.jobs, async (copy, mutant) => {
    const budget = mutant.scenario === undefined ? budgetOf(options) : shortBudgetOf(options);
    const result = resultOf(mutant, await hunt(copy, mutant, budget));
    if (result.outcome === "killed" || mutant.scenario === undefined) return result;
    using _edits = copy.apply(mutant.edits);
    const { hasFailed, seconds } = await runScenario(copy, mutant.scenario);
    return hasFailed ? foundByScenario(result, seconds) : result;
  });
}

/**
 * What breaks without a mutant as well was found by none: the core itself goes through all schedules that
 * it took to find them.
 *
 * @throws {Error} when it breaks.
 */
async function requireSound(
  mutants: readonly Mutant[],
  results: readonly MutantResult[],
  options: Options,
): Promise<void> {
  await using copy = await WorkingCopy.make();
  const bySearch = Map.groupBy(mutants.entries(), ([, it]) => it.search ?? "lifecycle");
  for (const group of bySearch.values()) {
    const [first] = group;
    const found = group.flatMap(([index]) => results[index] ?? [])
      .filter((it) => it.outcome === "killed");
    if (first === undefined || found.length === 0) continue;
    const schedules = Math.max(...found.map((it) => it.schedules));
    const budget = { seed: options.seed, schedules, seconds: SECONDS_SOUND, isShrunk: false };
    const { failure } = await hunt(copy, { ...first[1], name: "no mutant", edits: [] }, budget);
    if (failure === undefined) continue;
    throw new Error(`Cannot tell what is found: without a mutant, too, ${failure.message}`);
  }
}

/** By invariant, the mutants that survive without it. */
async function searchAlone(
  mutants: readonly Mutant[],
  options: Options,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const budget = { ...budgetOf(options), schedules: ALONE_SCHEDULES, isShrunk: false };
  const found = await inCopies(mutants, options.jobs, async (copy, mutant) => {
    const edits = [withoutInvariant(mutant.invariant)];
    const { failure } = await hunt(copy, mutant, budget, edits);
    if (failure !== undefined) console.error(`${mutant.name}: also ${failure.message}`);
    return { mutant, isAlone: failure === undefined };
  });
  const alone = found.filter((it) => it.isAlone).map((it) => it.mutant);
  return new Map(
    [...Map.groupBy(alone, (it) => it.invariant)]
      .map(([invariant, group]) => [invariant, group.map((it) => it.name)]),
  );
}

/** Does `work` for every mutant, in its order, with a copy for each job. */
async function inCopies<T>(
  mutants: readonly Mutant[],
  jobs: number,
  work: (copy: WorkingCopy, mutant: Mutant) => Promise<T>,
): Promise<readonly T[]> {
  using progress = new Progress("auto", mutants.length);
  const results: T[] = [];
  const waiting = mutants.entries();
  const workers = Array.from({ length: Math.max(1, Math.min(jobs, mutants.length)) }, async () => {
    await using copy = await WorkingCopy.make();
    for (const [index, mutant] of waiting) {
      progress.show(mutant.name);
      results[index] = await work(copy, mutant);
      progress.add(1);
    }
  });
  await Promise.all(workers);
  return results;
}

function budgetOf({ seed, schedules, seconds, shrink }: Options): Budget {
  return { seed, schedules, seconds, isShrunk: shrink };
}

function shortBudgetOf(options: Options): Budget {
  const budget = budgetOf(options);
  return {
    ...budget,
    schedules: Math.min(budget.schedules, SCHEDULES_BEFORE_SCENARIO),
    seconds: Math.min(budget.seconds, SECONDS_BEFORE_SCENARIO),
  };
}

function regex(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError("It must be a regular expression.");
  }
}
