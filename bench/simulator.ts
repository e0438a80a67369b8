/**
 * Measures how fast the simulator is: what one core does in a second.
 *
 * @module
 */

import { Command, InvalidArgumentError } from "commander";
import process from "node:process";

import { inMacrotask } from "../sim/mod.ts";
import { type Sample, simulatorLines, simulatorReport } from "./simulator_report.ts";
import { liveness, startRemove, withFaults, type Work } from "./simulator_work.ts";

interface Flags {
  readonly json?: boolean;
  readonly repetitions: number;
  readonly schedules: number;
}

const HELP = `
Each piece of work is warmed up, then all take turns, so that whatever else the machine does disturbs
them alike. Counted is CPU time of the whole process, V8's compiler and collector among it.`;

/** Of this many start/remove schedules as many of the others are made as take about as long. */
const FAULTS_SHARE = 1 / 4;
const LIVENESS_SHARE = 1 / 400;
/** Before anything counts: V8 compiles what runs often, in several stages. */
const WARM_UP_FACTOR = 6;

await new Command("bench:sim")
  .description("measure how fast the simulator is")
  .option("--json", "print one object")
  .option("--repetitions <n>", "of which the median counts", count, 5)
  .option("--schedules <n>", "start/remove schedules in each repetition", count, 1_500)
  .addHelpText("after", HELP)
  .action(async (flags: Flags) => {
    const report = simulatorReport(await measure(flags));
    console.log(
      flags.json ? JSON.stringify(report, undefined, 2) : simulatorLines(report).join("\n"),
    );
  })
  .parseAsync(Deno.args.filter((it) => it !== "--"), { from: "user" });

async function measure({ repetitions, schedules }: Flags) {
  const turns = [
    { work: startRemove, count: schedules, samples: [] as Sample[] },
    { work: withFaults, count: portion(schedules, FAULTS_SHARE), samples: [] as Sample[] },
    { work: liveness, count: portion(schedules, LIVENESS_SHARE), samples: [] as Sample[] },
  ] as const;
  for (const { work, count } of turns) {
    await inMacrotask(() => work(1, Math.ceil(count * WARM_UP_FACTOR)));
  }
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { work, count, samples } of turns) {
      samples.push(await sampled(() => work(1 + repetition * count, count)));
    }
  }
  const [start, faults, live] = turns;
  return { startRemove: start.samples, withFaults: faults.samples, liveness: live.samples };
}

async function sampled(work: () => Work): Promise<Sample> {
  const began = process.cpuUsage();
  const done = await inMacrotask(work);
  const { user, system } = process.cpuUsage(began);
  return { ...done, cpuSeconds: (user + system) / 1e6 };
}

function portion(count: number, share: number): number {
  return Math.max(1, Math.round(count * share));
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("Not a number above 0.");
  }
  return value;
}
