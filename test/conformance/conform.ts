/**
 * Compares the model with Linux on random programs of RPCs: `deno task conform -- --runs=1000 --seed=7`.
 *
 * @module
 */

import { Command, InvalidArgumentError } from "commander";
import { archiveOfBusybox } from "../system/scene.ts";
import { differential } from "./differential/differential.ts";
import { whyNotHere } from "./linux_fixture.ts";

interface Flags {
  readonly runs: number;
  readonly seed: number;
  readonly lanes: number;
  readonly path?: string;
}

const command = new Command("conform")
  .description("run random programs of RPCs on Linux and on the model; they must look alike")
  .option("--runs <n>", "programs", wholeNumber, 1_000)
  .option("--seed <n>", "of the first lane; the next has the next", wholeNumber, 1)
  .option("--lanes <n>", "programs at the same time", wholeNumber, 2)
  .option("--path <path>", "one program again, as a failure printed it")
  // A task passes on the "--" that set its arguments apart.
  .parse(Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args, { from: "user" });

const reason = whyNotHere();
if (reason !== undefined) {
  console.error(`conform: ${reason}`);
  Deno.exit(1);
}
const flags = command.opts<Flags>();
const startMs = performance.now();
const { tally, failures } = await differential({ ...flags, archive: await archiveOfBusybox() });
console.log(tally.text());
console.log(
  `${((performance.now() - startMs) / 1_000).toFixed(1)} s, ${failures.length} differences`,
);
for (const failure of failures) console.error(`\n${failure}`);
if (failures.length > 0) Deno.exit(1);

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("not a whole number");
}
