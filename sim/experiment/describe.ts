import type { Deviation } from "../schedule/schedule.ts";
import type { CounterExample } from "./counterexample.ts";
import type { Experiment } from "./experiment.ts";
import { traceOf } from "./trace.ts";

const SHOWN_STEPS = 40;
const LINE_LENGTH_MAX = 200;

/** A counter-example in lines: what broke, the program, what is special in its schedule, the last steps. */
export function describeCounterExample<Program>(
  experiment: Experiment<Program>,
  example: CounterExample,
): readonly string[] {
  const program = experiment.parse(example.program);
  const { seed, schedule, preemptions } = example;
  const { simulation } = traceOf(experiment, program, { seed, schedule });
  const tasks = new Map(simulation.history.entries().map(({ key, task }) => [taskOf(key), task]));
  const steps = new Map(simulation.history.entries().map(({ key, text }) => [key, text]));
  const nameOf = (key: string) => `${tasks.get(taskOf(key)) ?? key} (${steps.get(key) ?? key})`;
  const history = simulation.history.text(SHOWN_STEPS).split("\n");
  return [
    `${example.failureClass}: ${example.message}`,
    "Program:",
    ...experiment.describe(program).map((line) => `  ${line}`),
    `Schedule: ${schedule.length} deviations, ${preemptions} preemptions` +
    (example.isMinimal ? ", and none fails with fewer" : ""),
    ...schedule.map((deviation) => `  ${inWords(deviation, nameOf)}`),
    "Last steps:",
    ...history,
  ].map(shorten);
}

function inWords(deviation: Deviation, nameOf: (key: string) => string): string {
  const at = nameOf(deviation.at);
  switch (deviation.kind) {
    case "switch":
      return `instead of ${at} runs ${nameOf(deviation.to)}`;
    case "time":
      return `before ${at} time passes`;
    case "fault":
      return `${deviation.what} strikes ${at}`;
    case "inject":
      return `${deviation.what} right after ${at}`;
  }
}

function taskOf(key: string): string {
  return key.slice(0, key.indexOf("#"));
}

function shorten(line: string): string {
  return line.replaceAll(/([0-9a-f]{8})[0-9a-f]{56}/g, "$1…").slice(0, LINE_LENGTH_MAX);
}
