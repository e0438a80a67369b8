import { bold, green, yellow } from "@std/fmt/colors";
import { Command, InvalidArgumentError } from "commander";

import type { ExploreOptions, SearchSpace } from "../../sim/lifecycle/explore.ts";
import { missedProbes, PROBE_NAMES } from "../../sim/lifecycle/probes.ts";
import { exitCodeOfClass, ExitError, failure, SIM_EXIT_CODES_HELP } from "./exit_codes.ts";
import { Interrupt } from "./interrupt.ts";
import { count } from "./options.ts";
import { failureText } from "./failure_files.ts";
import { type SearchOptions, searchSpaceOf, withSearchOptions } from "./search_space.ts";
import { shrunkFinding, summaryOf } from "./sim_finding.ts";
import { SimProgress } from "./sim_progress.ts";
import { type RangeResult, type RangeWorker, runRanges } from "./sim_ranges.ts";
import { Thread } from "./thread.ts";

interface SimOptions extends SearchOptions {
  readonly seed: number;
  readonly runs?: number;
  /** In milliseconds. */
  readonly for?: number;
  readonly jobs: number;
  readonly save?: string;
  readonly allProbes?: boolean;
  readonly json?: boolean;
}

/** Runs where neither their number nor their time is given. */
const RUNS = 2_000;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `slipway sim` */
export function simCommand(): Command {
  const command = new Command("sim")
    .description(
      "run random programs of client calls, crashes and faults on the simulated kernel, and check " +
        "every invariant of the lifecycle; a seed stands for one run, whole",
    )
    .option("--seed <n>", "of the first run; the others follow", count, 1)
    .option("--runs <n>", `how many (default: ${RUNS}, or no end with --for)`, count)
    .option("--for <time>", 'how long at most: "30s", "10m", "8h"', duration);
  return withSearchOptions(command)
    .option("--jobs <n>", "threads; the result does not depend on it", jobs, defaultJobs())
    .option("--save <file>", "where a failing run is written, for slipway replay")
    .option("--all-probes", "fail when a rare branch that is looked for was never reached")
    .option("--json", "print one object instead of sentences")
    .addHelpText("after", "\nCtrl-C ends it with the summary of what was run.")
    .addHelpText("after", SIM_EXIT_CODES_HELP)
    .action(simulate);
}

async function simulate(options: SimOptions): Promise<void> {
  const begun = performance.now();
  const { runs, steps, executions, probes, states, failedSeed } = await explore(options, begun);
  const seconds = (performance.now() - begun) / 1_000;
  const found = failedSeed === undefined
    ? undefined
    : await shrunkFinding(failedSeed, searchSpaceOf(options), options.save);
  if (options.json) {
    const schedulesPerSecond = runs / seconds;
    const finding = found === undefined ? null : summaryOf(found);
    const counts = { runs, steps, executions, states: states.size };
    console.log(JSON.stringify({ ...counts, seconds, schedulesPerSecond, probes, finding }));
  } else if (found !== undefined) {
    console.error(failureText(found.report));
  }
  if (found !== undefined) {
    const { failureClass, seed } = found.example;
    throw new ExitError(
      exitCodeOfClass(failureClass),
      `${failureClass}, in run ${runs}, seed ${seed}`,
    );
  }
  const missed = missedProbes(probes);
  if (!options.json) {
    console.log(
      `${green("no failure")} in ${
        bold(String(runs))
      } schedules with ${executions} containers run, ` +
        `${states.size} states, ${steps} steps, ${seconds.toFixed(1)} s: ${
          bold((runs / seconds).toFixed(0))
        } schedules/s, ` +
        `${(steps / seconds).toFixed(0)} steps/s; ` +
        `${PROBE_NAMES.length - missed.length} of ${PROBE_NAMES.length} probes reached`,
    );
  }
  if (options.allProbes && missed.length > 0) {
    throw failure(`never reached: ${missed.join(", ")}`);
  }
}

/** All runs, on threads of their own: this one stays free for signals and the progress line. */
async function explore(options: SimOptions, begun: number): Promise<RangeResult> {
  const { seed, json } = options;
  const runs = options.runs ?? (options.for === undefined ? RUNS : Number.MAX_SAFE_INTEGER - seed);
  const untilMs = options.for === undefined ? Infinity : begun + options.for;
  using progress = new SimProgress({ runs, begun, untilMs });
  using interrupt = new Interrupt(() => {
    if (!json) console.error(yellow("\ninterrupted: one moment"));
  });
  using threads = new DisposableStack();
  const workers = Array.from(
    { length: Math.max(1, Math.min(options.jobs, runs)) },
    () => workerOf(threads, searchSpaceOf(options)),
  );
  return await runRanges({ seed, runs }, workers, {
    isOver: () => interrupt.hasCome || performance.now() >= untilMs,
    onProgress: (sum) => progress.show(sum),
  });
}

/** A thread that runs ranges of seeds. */
function workerOf(threads: DisposableStack, space: SearchSpace): RangeWorker {
  const url = new URL("./sim_worker.ts", import.meta.url);
  const thread = threads.use(new Thread<ExploreOptions, RangeResult>(url));
  return (range) => thread.run({ ...range, ...space }, `seeds from ${range.seed} on`);
}

/** A time like "10m", in milliseconds. */
function duration(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new InvalidArgumentError('It must be like "30s", "10m" or "8h".');
  }
  return Number(number) * (UNIT_MS[unit] ?? 0);
}

/** `--jobs`: how many threads. */
export function jobs(text: string): number {
  const number = count(text);
  if (number === 0) throw new InvalidArgumentError("It must be at least 1.");
  return number;
}

/** As many as there are processors. */
export function defaultJobs(): number {
  return navigator.hardwareConcurrency;
}
