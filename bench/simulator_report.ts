import { cpus } from "node:os";

import { percentile } from "./statistics.ts";
import { aligned } from "./table.ts";
import type { Work } from "./simulator_work.ts";

/** Something that was done, and the CPU time that it took: of the whole process, in seconds. */
export interface Sample extends Work {
  readonly cpuSeconds: number;
}

/** All repetitions of each piece of work. */
export interface SimulatorSamples {
  readonly startRemove: readonly Sample[];
  readonly withFaults: readonly Sample[];
  readonly liveness: readonly Sample[];
}

/** The middle of all repetitions, and the worst and best of them. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What `bench:sim --json` prints. Rates are per second of CPU time, so of one core. */
export interface SimulatorReport {
  /** Start/remove schedules without faults. */
  readonly schedulesPerSecond: number;
  /** Random lifecycle programs with the whole catalogue of faults and incidents. */
  readonly schedulesPerSecondWithFaults: number;
  /** Steps of the start/remove schedules: calls of the port, system calls of programs, timers, deaths. */
  readonly kernelCallsPerSecond: number;
  /** Of the liveness run. */
  readonly simulatedSecondsPerSecond: number;
  readonly kernelCallsPerSchedule: number;
  readonly kernelCallsPerScheduleWithFaults: number;
  /** Of the four rates above. */
  readonly spread: Readonly<Record<Rate, Spread>>;
  readonly repetitions: number;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly deno: string };
}

type Rate =
  | "schedulesPerSecond"
  | "schedulesPerSecondWithFaults"
  | "kernelCallsPerSecond"
  | "simulatedSecondsPerSecond";

/** What each number has to be, and what it is. */
const RATES: readonly { readonly name: Rate; readonly bar: number; readonly what: string }[] = [
  {
    name: "schedulesPerSecond",
    bar: 3_000,
    what: "start/remove schedules: boot, run, create, start raced with remove, leak check",
  },
  {
    name: "schedulesPerSecondWithFaults",
    bar: 1_500,
    what: "random programs of up to three clients, with all faults and incidents",
  },
  {
    name: "kernelCallsPerSecond",
    bar: 300_000,
    what: "steps of the start/remove schedules, all else included",
  },
  {
    name: "simulatedSecondsPerSecond",
    bar: 100_000,
    what: "a day in which a container ends every five minutes and is replaced",
  },
];

const NAME_CHARS = Math.max(...RATES.map(({ name }) => name.length));

/** Sums up what was measured. */
export function simulatorReport(samples: SimulatorSamples): SimulatorReport {
  const spread = {
    schedulesPerSecond: spreadOf(samples.startRemove, (it) => it.schedules),
    schedulesPerSecondWithFaults: spreadOf(samples.withFaults, (it) => it.schedules),
    kernelCallsPerSecond: spreadOf(samples.startRemove, (it) => it.steps),
    simulatedSecondsPerSecond: spreadOf(samples.liveness, (it) => it.simulatedSeconds),
  };
  return {
    schedulesPerSecond: spread.schedulesPerSecond.median,
    schedulesPerSecondWithFaults: spread.schedulesPerSecondWithFaults.median,
    kernelCallsPerSecond: spread.kernelCallsPerSecond.median,
    simulatedSecondsPerSecond: spread.simulatedSecondsPerSecond.median,
    kernelCallsPerSchedule: stepsOf(samples.startRemove),
    kernelCallsPerScheduleWithFaults: stepsOf(samples.withFaults),
    spread,
    repetitions: samples.startRemove.length,
    machine: { cpu: cpus()[0]?.model ?? "", cores: cpus().length, deno: Deno.version.deno },
  };
}

/** The report for people. */
export function simulatorLines(report: SimulatorReport): readonly string[] {
  const { machine, repetitions } = report;
  return [
    `${machine.cpu}, Deno ${machine.deno}; per second of CPU time, all threads counted; ` +
    `median of ${repetitions}`,
    "",
    ...aligned([
      ["", "measured", "least", "most", "has to be"],
      ...RATES.map(({ name, bar }) => {
        const { median, min, max } = report.spread[name];
        return [name, ...[median, min, max, bar].map(grouped)];
      }),
      ["kernel calls a schedule", grouped(report.kernelCallsPerSchedule), "", "", ""],
      ["… with faults", grouped(report.kernelCallsPerScheduleWithFaults), "", "", ""],
    ]),
    "",
    ...RATES.map(({ name, what }) => `${name.padEnd(NAME_CHARS)}  ${what}`),
  ];
}

function spreadOf(samples: readonly Sample[], amount: (sample: Sample) => number): Spread {
  const rates = samples.map((it) => Math.round(amount(it) / it.cpuSeconds));
  return { median: percentile(rates, 50), min: Math.min(...rates), max: Math.max(...rates) };
}

function stepsOf(samples: readonly Sample[]): number {
  const sum = (amount: (sample: Sample) => number) =>
    samples.reduce((total, it) => total + amount(it), 0);
  return Math.round(sum((it) => it.steps) / sum((it) => it.schedules));
}

function grouped(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}
