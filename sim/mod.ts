/**
 * A Linux machine in memory whose every interleaving is a function of a seed: processes, files, mounts,
 * cgroups, namespaces, runc, conmon and CNI plugins, under code that reaches Linux through the
 * `Kernel` port of `@slipway/slipway` only.
 *
 * A {@linkcode Simulation} has a machine and a clock of its own. Code that runs on it, a life of the
 * daemon ({@linkcode Simulation.bootDaemon}) or a client ({@linkcode Simulation.spawn}), stops at each call
 * of the port until the scheduler lets it go on; which call goes on is drawn from the seed, or told by a
 * script ({@linkcode Simulation.direct}). Nothing happens but in {@linkcode Simulation.run}; time passes only
 * when nothing else can.
 *
 * @example A pod with one container that runs for a minute of virtual time
 * ```ts
 * import {
 *   bootRuntime,
 *   Context,
 *   createContainer,
 *   DEFAULT_CONFIG,
 *   DEFAULT_CONTAINER,
 *   DEFAULT_SANDBOX,
 *   runPodSandbox,
 *   SILENT,
 *   startContainer,
 * } from "@slipway/slipway";
 * import { inMacrotask, seedImage, SIM_IMAGE, Simulation } from "@slipway/slipway/sim";
 * import { assertEquals } from "@std/assert";
 *
 * const simulation = new Simulation({ seed: 7 });
 * seedImage(simulation);
 *
 * const daemon = simulation.bootDaemon(async (kernel) => {
 *   const runtime = await bootRuntime({ kernel, config: DEFAULT_CONFIG, telemetry: SILENT });
 *   const context = Context.background();
 *   const metadata = { name: "pod", namespace: "default", uid: "1", attempt: 0 };
 *   const podId = await runPodSandbox(runtime, { ...DEFAULT_SANDBOX, metadata }, "", context);
 *   const id = await createContainer(runtime, podId, {
 *     ...DEFAULT_CONTAINER,
 *     metadata: { name: "main", attempt: 0 },
 *     image: { image: SIM_IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
 *     command: ["exit", "3", "60000"], // A program of the machine: code 3 after 60,000 ms.
 *   }, context);
 *   await startContainer(runtime, id, context);
 *   const container = runtime.containers.find(id);
 *   await container.ended(context);
 *   return container.status;
 * });
 *
 * await inMacrotask(() => simulation.run());
 * const { exitCode, startedAt, finishedAt } = daemon.boot.value;
 * console.log(`exit code ${exitCode} after ${Math.round((finishedAt - startedAt) / 1e6)} s`);
 * assertEquals(exitCode, 3);
 * ```
 *
 * @example Two starts of one container: the second comes while the first writes down its intent
 * ```ts
 * import {
 *   bootRuntime,
 *   Context,
 *   createContainer,
 *   DEFAULT_CONFIG,
 *   DEFAULT_CONTAINER,
 *   DEFAULT_SANDBOX,
 *   runPodSandbox,
 *   SILENT,
 *   startContainer,
 * } from "@slipway/slipway";
 * import { inMacrotask, seedImage, Sequential, SIM_IMAGE, Simulation } from "@slipway/slipway/sim";
 * import { assertEquals, assertMatch } from "@std/assert";
 *
 * // Where the script says nothing, a task runs as long as it can: nothing is left to chance.
 * const simulation = new Simulation({ seed: 1, chooser: new Sequential(), history: true });
 * seedImage(simulation);
 *
 * const context = Context.background();
 * const daemon = simulation.bootDaemon(async (kernel) => {
 *   const runtime = await bootRuntime({ kernel, config: DEFAULT_CONFIG, telemetry: SILENT });
 *   const metadata = { name: "pod", namespace: "default", uid: "1", attempt: 0 };
 *   const podId = await runPodSandbox(runtime, { ...DEFAULT_SANDBOX, metadata }, "", context);
 *   const id = await createContainer(runtime, podId, {
 *     ...DEFAULT_CONTAINER,
 *     metadata: { name: "main", attempt: 0 },
 *     image: { image: SIM_IMAGE, annotations: {}, userSpecifiedImage: "", runtimeHandler: "" },
 *     command: ["sleep", "1000"],
 *   }, context);
 *   return { runtime, id };
 * });
 *
 * const script = simulation.direct(async () => {
 *   const { runtime, id } = await daemon.boot.promise;
 *   const start = (name: string) => daemon.spawn(name, () => startContainer(runtime, id, context));
 *
 *   const first = start("first start");
 *   using commit = await simulation.until(first, "store.commit");
 *   const second = start("second start");
 *   await second.settled;
 *   commit.release();
 *   await first.promise;
 *   return { refusal: second.error, startCount: simulation.machine.startCount(id) };
 * });
 *
 * const outcome = await inMacrotask(() => simulation.run());
 * assertEquals(outcome.kind, "done", outcome.text);
 * const { refusal, startCount } = script.value;
 * assertMatch(String(refusal), /container is already in starting state/);
 * assertEquals(startCount, 1);
 * ```
 *
 * @example A lock file that two take at once: random schedules find it, and a page shows how
 * ```ts
 * import type { Kernel } from "@slipway/slipway";
 * import { inMacrotask, reportOf, reportText, Simulation } from "@slipway/slipway/sim";
 * import { assertStringIncludes } from "@std/assert";
 *
 * // Looks first and takes it then: between the two another may look.
 * async function takeLock({ files }: Kernel, owner: string): Promise<boolean> {
 *   const isFree = await files.readFile("/run/app.lock", 100).then(() => false, () => true);
 *   if (isFree) await files.writeFile("/run/app.lock", owner);
 *   return isFree;
 * }
 *
 * function run(seed: number) {
 *   const simulation = new Simulation({ seed, history: true, record: true });
 *   const { kernel } = simulation.bootDaemon(() => {});
 *   const owners: string[] = [];
 *   for (const owner of ["alice", "bob"]) {
 *     simulation.spawn(owner, async () => {
 *       if (await takeLock(kernel, owner)) owners.push(owner);
 *     });
 *   }
 *   simulation.run();
 *   return { simulation, owners };
 * }
 *
 * const page = await inMacrotask(() => {
 *   for (let seed = 1;; seed++) {
 *     const { simulation, owners } = run(seed);
 *     if (owners.length === 1) continue;
 *     return reportText(reportOf({
 *       error: new Error(`${owners.join(" and ")} both have the lock`),
 *       replayCommand: `run(${seed})`,
 *       failing: { history: simulation.history, schedule: simulation.schedule() },
 *     }));
 *   }
 * });
 * console.log(page);
 * assertStringIncludes(page, "is preempted before it");
 * ```
 *
 * Properties with schedules drawn by fast-check: `@slipway/slipway/sim/arbitraries`.
 *
 * @module
 */

export { ADVANCE_CLOCK, type Choice, type Chooser } from "./chooser.ts";
export { Daemon } from "./daemon.ts";
export {
  type CounterExample,
  counterExampleOf,
  type Divergence,
  parseCounterExample,
  type Replay,
  replay,
} from "./experiment/counterexample.ts";
export type { Experiment, ExperimentOptions, ExperimentResult } from "./experiment/experiment.ts";
export { Explorer, type ExplorerOptions, RedundantRun } from "./experiment/explorer.ts";
export { exhaust, type Exhaustion, type ExhaustOptions } from "./experiment/exhaust.ts";
export { failureClassOf } from "./experiment/failure_class.ts";
export { type FailingRun, shrink, type Shrunk } from "./experiment/shrink.ts";
export { type Traced, traceOf } from "./experiment/trace.ts";
export { Hold, type What, type Who } from "./director.ts";
export { inMacrotask } from "./driver.ts";
export {
  type CallFault,
  type FaultEntry,
  type FaultOptions,
  FAULTS,
  type Faults,
  type FaultSpell,
  type ProgramFault,
} from "./faults.ts";
export { type Access, Footprint } from "./footprint.ts";
export { type Actor, History, type HistoryEntry, stepText } from "./history.ts";
export { SIM_IMAGE } from "./lifecycle/configs.ts";
export { seedImage } from "./lifecycle/run.ts";
export type {
  ForkOptions,
  NetworkSys,
  OpenMode,
  OpenOptions,
  PollRequest,
  PollResult,
  Program,
  SpawnFiles,
  Sys,
  Waited,
} from "./programs/program.ts";
export {
  checkLinearizable,
  type ObservedOperation,
  type SequentialModel,
  type Verdict,
} from "./linearizability.ts";
export { type RealTime, runLive } from "./live.ts";
export { Prng } from "./random.ts";
export * from "./report/mod.ts";
export type { Alternative } from "./schedule/recorder.ts";
export {
  type Deviation,
  type FaultStrikes,
  type Injection,
  parseSchedule,
  type Schedule,
  type Switch,
  type TimePasses,
} from "./schedule/schedule.ts";
export { simulate, SimulationFailure } from "./simulate.ts";
export { SimTask, type TaskState } from "./sim_task.ts";
export {
  type FootprintOptions,
  type Outcome,
  type RunOptions,
  Simulation,
  type SimulationOptions,
} from "./simulation.ts";
export { AmbientUse } from "./trap.ts";
export type { Step } from "./step.ts";
export { mayConflict } from "./strategies/conflict.ts";
export { FairTail } from "./strategies/fair_tail.ts";
export { Pct, type PctOptions } from "./strategies/pct.ts";
export { type StrategyName, strategyOf } from "./strategies/portfolio.ts";
export { type Plan, Planned } from "./strategies/planned.ts";
export { Pos } from "./strategies/pos.ts";
export { RandomWalk } from "./strategies/random_walk.ts";
export { Sequential } from "./strategies/sequential.ts";
export { type Execution, Machine } from "./world/machine.ts";
export { type ContainerRole, Process, type ProcessState } from "./world/process.ts";
export {
  type Allocation,
  allocations,
  difference,
  snapshot,
  type SnapshotOptions,
} from "./world/snapshot.ts";
export type { WatchFaults } from "./world/watch.ts";
