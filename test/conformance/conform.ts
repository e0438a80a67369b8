/**
 * Compares the model with Linux on random programs of RPCs: `deno task conform -- --runs=1000 --seed=7`.
 *
 * @module
 */

import { Command, InvalidArgumentError } from "commander";
import { archiveOfBusybox } from "../system/scene.ts";
import { differential } from "./differential/differential.ts";
import { openLane } from "./differential/linux_bench.ts";
import { whyNotHere } from "./linux_fixture.ts";
import { record } from "./trace/record.ts";

interface Flags {
  readonly runs: number;
  readonly seed: number;
  readonly lanes: number;
  readonly path?: string;
  readonly record?: true;
}

const command = new Command("conform")
  .description("run random programs of RPCs on Linux and on the model; they must look alike")
  .option("--runs <n>", "programs", wholeNumber, 1_000)
  .option("--seed <n>", "of the first lane; the next has the next", wholeNumber, 1)
  .option("--lanes <n>", "programs at the same time", wholeNumber, 2)
  .option("--path <path>", "one program again, as a failure printed it")
  .option("--record", "write the recordings of test/conformance/trace/recordings/ anew, instead")
  // A task passes on the "--" that set its arguments apart.
  .parse(Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args, { from: "user" });

const reason = whyNotHere();
if (reason === undefined) {
  const flags = command.opts<Flags>();
  const archive = await archiveOfBusybox();
  const isFine = flags.record ? await recordAnew(archive) : await compareMany(flags, archive);
  if (!isFine) Deno.exitCode = 1;
} else {
  console.error(`conform: ${reason}`);
  Deno.exitCode = 1;
}

async function recordAnew(archive: string): Promise<boolean> {
  await using lane = await openLane(archive);
  await record(lane);
  return true;
}

async function compareMany(flags: Flags, archive: string): Promise<boolean> {
  const startMs = performance.now();
  const { tally, failures } = await differential({ ...flags, archive });
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  console.log(`${tally.text()}\n${seconds} s, ${failures.length} differences`);
  for (const failure of failures) console.error(`\n${failure}`);
  return failures.length === 0;
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("not a whole number");
}
