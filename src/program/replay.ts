import { green } from "@std/fmt/colors";
import { Command } from "commander";

import manifest from "../../deno.json" with { type: "json" };
import { inMacrotask } from "../../sim/driver.ts";
import {
  type CounterExample,
  parseCounterExample,
  type Replay,
  replay,
} from "../../sim/experiment/counterexample.ts";
import { lifecycleExperiment } from "../../sim/lifecycle/experiment.ts";
import { explore } from "../../sim/lifecycle/explore.ts";
import { type FailureReport, reportOfCounterExample } from "../../sim/report/mod.ts";
import { messageOf } from "../errors.ts";
import { EXIT, exitCodeOfClass, ExitError, failure, SIM_EXIT_CODES_HELP } from "./exit_codes.ts";
import {
  failureFileOptions,
  type FailureFiles,
  failureText,
  writeFailure,
} from "./failure_files.ts";
import { type SearchOptions, searchSpaceOf, withSearchOptions } from "./search_space.ts";
import { shrunkFinding, summaryOf } from "./sim_finding.ts";

interface ReplayOptions extends FailureFiles, SearchOptions {
  readonly json?: boolean;
}

/** `slipway replay` */
export function replayCommand(): Command {
  const command = new Command("replay")
    .description(
      "make a failing run of the simulator again, from its file or from its seed, and show it",
    )
    .argument("<file or seed>", "what slipway sim has printed")
    .option("--json", "print one object instead of sentences");
  for (const it of failureFileOptions()) command.addOption(it);
  return withSearchOptions(command)
    .addHelpText("after", SIM_EXIT_CODES_HELP)
    .action((what: string, options: ReplayOptions) =>
      /^\d+$/.test(what) ? replaySeed(Number(what), options) : replayFile(what, options)
    );
}

async function replaySeed(seed: number, options: ReplayOptions): Promise<void> {
  const { json } = options;
  const space = searchSpaceOf(options);
  const { finding } = await inMacrotask(() => explore({ ...space, seed, runs: 1 }));
  if (finding === undefined) {
    console.log(
      json ? JSON.stringify({ seed, failure: null }) : `${green("no failure")}, seed ${seed}`,
    );
    return;
  }
  const found = await shrunkFinding(seed, space);
  if (json) console.log(JSON.stringify(summaryOf(found)));
  else console.log(failureText(found.report));
  await show(found.report, options);
  throw new ExitError(exitCodeOfClass(found.example.failureClass), found.example.failureClass);
}

async function replayFile(file: string, options: ReplayOptions): Promise<void> {
  const example = await read(file);
  const experiment = lifecycleExperiment();
  const result = await inMacrotask(() => replay(experiment, example));
  const told = verdict(example, result);
  const report = await inMacrotask(() =>
    reportOfCounterExample(experiment, example, `deno task replay ${file}`)
  );
  if (options.json) {
    const { divergence, isSame, missedCount } = result;
    const broken = result.failure === undefined ? null : messageOf(result.failure);
    console.log(JSON.stringify({ failure: broken, isSame, missedCount, divergence }));
  } else {
    console.log(`${failureText(report)}\n\n${told}`);
  }
  await show(report, options);
  if (result.failure === undefined) return;
  const code = result.isSame ? exitCodeOfClass(example.failureClass) : EXIT.divergence;
  throw new ExitError(code, messageOf(result.failure));
}

/** Writes the files that are wanted. Where they are goes beside the object that a program reads. */
async function show(report: FailureReport, options: ReplayOptions): Promise<void> {
  for (const line of await writeFailure(report, options)) console.error(line);
}

async function read(file: string): Promise<CounterExample> {
  try {
    return parseCounterExample(await Deno.readTextFile(file));
  } catch (error) {
    throw failure(`${file}: ${messageOf(error)}`, error);
  }
}

/** Whether it is the run that was recorded, and if not, from where on. */
function verdict(example: CounterExample, result: Replay): string {
  const { divergence, missedCount, deviationCount } = result;
  if (divergence === undefined) return "The same run as recorded, step by step";
  const { number, expected = "the end", actual = "the end" } = divergence;
  const version = example.version === manifest.version ? "" : ` (recorded on ${example.version})`;
  return `Another run than recorded${version}: step ${number} is ${actual} and was ${expected}; ` +
    `${missedCount} of ${deviationCount} deviations could not be made; ` +
    (result.failure === undefined ? "it does not fail" : "it fails all the same");
}
