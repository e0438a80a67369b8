/**
 * A Linux machine in memory whose every interleaving is a function of a seed: processes, files, mounts,
 * cgroups, namespaces, runc, conmon and CNI plugins, under code that reaches Linux through the port of
 * `src/kernel/` only.
 *
 * @module
 */

export { ADVANCE_CLOCK, type Choice, type Chooser, RandomWalk, Sequential } from "./chooser.ts";
export { Daemon } from "./daemon.ts";
export { Hold, type What, type Who } from "./director.ts";
export { inMacrotask } from "./driver.ts";
export {
  type CallFault,
  type FaultEntry,
  type FaultOptions,
  FAULTS,
  type ProgramFault,
} from "./faults.ts";
export { History, type HistoryEntry, stepText } from "./history.ts";
export type { Program, Sys } from "./programs/program.ts";
export { type RealTime, runLive } from "./live.ts";
export { Prng } from "./random.ts";
export { SimTask, type TaskState } from "./sim_task.ts";
export { type Outcome, type RunOptions, Simulation, type SimulationOptions } from "./simulation.ts";
export type { Step } from "./step.ts";
export { type Execution, Machine } from "./world/machine.ts";
export { Process } from "./world/process.ts";
export { type Allocation, allocations, difference, snapshot } from "./world/snapshot.ts";
