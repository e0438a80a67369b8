import type { SimTask } from "./sim_task.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

/** A simulation did not come to its end. */
export class SimulationFailure extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "SimulationFailure";

  /** `kind` says how it ended, the message who waits for what. */
  constructor(readonly kind: "deadlock" | "escaped" | "stepsMax", message: string) {
    super(message);
  }
}

/**
 * Runs a simulation to its end: `arrange` starts tasks on it and returns those that must succeed. For
 * properties: what goes wrong is thrown. Like {@linkcode Simulation.run} it wants a macrotask.
 *
 * @throws {SimulationFailure} when it does not come to an end by itself.
 * @throws what the first of the tasks threw.
 */
export function simulate(
  options: SimulationOptions,
  arrange: (simulation: Simulation) => readonly SimTask<unknown>[],
): Simulation {
  const simulation = new Simulation(options);
  const tasks = arrange(simulation);
  // Whoever reads the tasks' values below is told; nobody else need be.
  for (const task of tasks) task.promise.catch(() => {});
  const outcome = simulation.run();
  if (outcome.kind !== "done") throw new SimulationFailure(outcome.kind, outcome.text);
  for (const task of tasks) void task.value;
  return simulation;
}
