import { green, red } from "@std/fmt/colors";
import { Command, Option } from "commander";

import type { PairResult, PairTask } from "../../sim/lifecycle/exhaust_pair.ts";
import { allPairs, type Pair, PAIR_PARTS, parsePair } from "../../sim/lifecycle/pairs.ts";
import { exitCodeOfClass, ExitError, SIM_EXIT_CODES_HELP, usageError } from "./exit_codes.ts";
import { failureText } from "./failure_files.ts";
import { Interrupt } from "./interrupt.ts";
import { count } from "./options.ts";
import { defaultJobs, jobs } from "./sim.ts";
import { saveExample } from "./sim_finding.ts";
import { Thread } from "./thread.ts";

type Prepare = PairTask["prepare"];

interface ExploreCommandOptions {
  readonly preemptions: number;
  readonly runs: number;
  readonly prepare: Prepare | "both";
  readonly jobs: number;
  readonly json?: boolean;
}

/** A pair that was explored, and how long that took. */
interface Row extends Omit<PairResult, "example"> {
  readonly pair: string;
  readonly prepare: Prepare;
  readonly seconds: number;
  /** The class of the failure, or null. */
  readonly failure: string | null;
}

const PREEMPTIONS = 1;
const RUNS = 200_000;

/** `slipway explore` */
export function exploreCommand(): Command {
  return new Command("explore")
    .description(
      "run every schedule, and not only random ones, of two things that happen to one container at the " +
        "same time; those that differ only in the order of steps that commute are run once; where that " +
        "is too much, every one up to a number of preemptions",
    )
    .argument("[pair...]", `like start+remove, of ${PAIR_PARTS.join(", ")} (default: every pair)`)
    .option("--preemptions <n>", "of a schedule at most, where not all are run", count, PREEMPTIONS)
    .option("--runs <n>", "of each search, at most", count, RUNS)
    .addOption(
      new Option("--prepare <when>", "tasks: ahead of their start, with it, or one after the other")
        .choices(["eager", "lazy", "both"]).default("both"),
    )
    .option("--jobs <n>", "threads; the result does not depend on it", jobs, defaultJobs())
    .option("--json", "print one object instead of a table")
    .addHelpText("after", SIM_EXIT_CODES_HELP)
    .action(explore);
}

async function explore(names: readonly string[], options: ExploreCommandOptions): Promise<void> {
  const pairs = names.length === 0 ? allPairs() : names.map(pairOf);
  const prepares: readonly Prepare[] = options.prepare === "both"
    ? ["eager", "lazy"]
    : [options.prepare];
  const tasks = pairs.flatMap((parts) =>
    prepares.map((prepare): PairTask => ({
      parts,
      prepare,
      preemptionsMax: options.preemptions,
      runsMax: options.runs,
    }))
  );
  const begun = performance.now();
  const { rows, example } = await runAll(tasks, options);
  const seconds = (performance.now() - begun) / 1_000;
  const found = example === undefined ? undefined : await saveExample(example);
  if (options.json) {
    console.log(JSON.stringify({ seconds, replay: found?.replay ?? null, pairs: rows }));
  } else console.log(summary(rows, seconds));
  if (found === undefined) return;
  if (!options.json) console.error(failureText(found.report));
  const { failureClass } = found.example;
  throw new ExitError(exitCodeOfClass(failureClass), failureClass);
}

/** All pairs, on threads; the rows come in the order of the tasks. */
async function runAll(
  tasks: readonly PairTask[],
  { jobs, json }: ExploreCommandOptions,
): Promise<{ readonly rows: readonly Row[]; readonly example: PairResult["example"] }> {
  using interrupt = new Interrupt(() => {
    if (!json) console.error("\ninterrupted: the pairs under way are explored to their end");
  });
  using threads = new DisposableStack();
  const rows: (Row | undefined)[] = [];
  let example: PairResult["example"];
  let next = 0;
  async function work(thread: Thread<PairTask, PairResult>): Promise<void> {
    for (let index = next++; index < tasks.length; index = next++) {
      if (interrupt.hasCome) return;
      const task = tasks[index] as PairTask;
      const pair = task.parts.join("+");
      const begun = performance.now();
      const { example: found, ...result } = await thread.run(task, pair);
      const seconds = (performance.now() - begun) / 1_000;
      example ??= found;
      const failure = found?.failureClass ?? null;
      const row: Row = { pair, prepare: task.prepare, ...result, seconds, failure };
      rows[index] = row;
      if (!json) console.log(line(row));
    }
  }
  const url = new URL("./explore_worker.ts", import.meta.url);
  await Promise.all(
    Array.from({ length: Math.min(jobs, tasks.length) }, () => work(threads.use(new Thread(url)))),
  );
  return { rows: rows.filter((it) => it !== undefined), example };
}

function line({ pair, prepare, bound, schedules, redundant, seconds, failure }: Row): string {
  const extent = failure !== null
    ? red(failure)
    : bound === "all"
    ? green("every schedule")
    : bound < 0
    ? "not finished"
    : green(`every schedule with ${bound} preemption${bound === 1 ? "" : "s"} or fewer`);
  return `${pair.padEnd(30)} ${prepare.padEnd(6)} ${String(schedules).padStart(7)} schedules ` +
    `${String(redundant).padStart(6)} redundant ${seconds.toFixed(1).padStart(6)} s  ${extent}`;
}

function summary(rows: readonly Row[], seconds: number): string {
  const schedules = rows.reduce((sum, row) => sum + row.schedules, 0);
  const failed = rows.filter((row) => row.failure !== null).length;
  return `${rows.length} pairs, ${schedules} schedules that differ, ${seconds.toFixed(0)} s, ` +
    (failed === 0 ? green("no failure") : red(`${failed} failed`));
}

function pairOf(text: string): Pair {
  const pair = parsePair(text);
  if (pair === undefined) throw usageError(`${text} is no pair: it must be like start+remove`);
  return pair;
}
