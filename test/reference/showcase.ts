/**
 * `deno task showcase`: the races that the reference still has, found anew and shown. Not a part of the
 * program, which knows of no other implementation than its own.
 *
 * @module
 */

import { Command } from "commander";
import {
  failureFileOptions,
  type FailureFiles,
  failureText,
  writeFailure,
} from "../../src/program/failure_files.ts";
import { inMacrotask } from "../../sim/mod.ts";
import { findWindows, reportOfWindow, type Smallest, smallest } from "./search.ts";
import { type Window, WINDOWS } from "./windows.ts";

/** Random schedules that are tried, from seed 1 on. */
const SCHEDULES_MAX = 1_000;
/** Findings that are shrunk; the smallest of them is shown. */
const FINDINGS_MAX = 4;

const command = new Command("showcase")
  .description(
    "find the races of the reference algorithm with the simulator: all of them as a table, or one as " +
      "the page of its smallest run",
  )
  .argument("[window]", `one of ${WINDOWS.map(({ name }) => name).join(", ")}`)
  .action((name: string | undefined, files: FailureFiles) =>
    name === undefined ? showAll() : showOne(name, files)
  );
for (const option of failureFileOptions()) command.addOption(option);
await command.parseAsync();

async function showAll(): Promise<void> {
  console.log("window  broken  schedules  preemptions  deviations  our repair");
  for (const window of WINDOWS) {
    const found = await inMacrotask(() => search(window));
    console.log(found === undefined ? `${window.name.padEnd(8)}not found` : row(window, found));
  }
}

function row({ name, repair }: Window, { first, run }: Smallest): string {
  const preemptions = `${run.preemptions}${run.isMinimal ? "" : " or fewer"}`;
  return [
    name.padEnd(8),
    run.failureClass.padEnd(8),
    String(first).padEnd(11),
    preemptions.padEnd(13),
    String(run.schedule.length).padEnd(12),
    `src/${repair}`,
  ].join("");
}

async function showOne(name: string, files: FailureFiles): Promise<void> {
  const window = WINDOWS.find((it) => it.name === name);
  if (window === undefined) throw new Error(`Cannot show "${name}": there is no such window`);
  const report = await inMacrotask(() => {
    const found = search(window);
    return found && reportOfWindow(window, found);
  });
  if (report === undefined) throw new Error(`${SCHEDULES_MAX} schedules do not show ${name}`);
  console.log(`${failureText(report)}\n\nOur repair: src/${window.repair}`);
  for (const line of await writeFailure(report, files)) console.log(line);
}

function search(window: Window): Smallest | undefined {
  return smallest(window, findWindows(window, SCHEDULES_MAX, FINDINGS_MAX));
}
