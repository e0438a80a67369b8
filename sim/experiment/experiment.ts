import type { Explorer } from "./explorer.ts";
import type { Chooser } from "../chooser.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Simulation } from "../simulation.ts";
import type { StrategyName } from "../strategies/portfolio.ts";

/** How a program is to be run. */
export interface ExperimentOptions {
  /** Everything that happens is a function of it, of the program and of the schedule. */
  readonly seed: number;
  /** How schedules are chosen; each strategy for a part of the seeds unless given. */
  readonly strategy?: StrategyName;
  /** What chooses schedules instead. */
  readonly chooser?: Chooser;
  /** What explores schedules instead, while clients are at work. */
  readonly explorer?: Explorer;
  /** What to do instead: a schedule of the same seed, or a part of one. */
  readonly schedule?: Schedule;
  /** Writes down what is decided; with "alternatives" also what could have been. */
  readonly record?: boolean | "alternatives";
  /** Keeps every step for a report. */
  readonly history?: boolean;
}

/** What became of a run. */
export interface ExperimentResult {
  /** Why it failed; undefined when everything held. */
  readonly failure: unknown;
  /** Of the whole run. */
  readonly steps: number;
  /** The machine as the run left it. */
  readonly simulation: Simulation;
}

/**
 * Something to find failures in: programs that are data, and what runs one of them on a simulated
 * machine and says whether everything held. A run is a function of program, seed and schedule.
 */
export interface Experiment<Program> {
  /** Names it in files and commands. */
  readonly name: string;
  /** Runs a program on a machine of its own; in a macrotask, as {@linkcode Simulation.run}. */
  run(program: Program, options: ExperimentOptions): ExperimentResult;
  /** Smaller programs, the most promising first. What stays of the program keeps the keys of its tasks. */
  simpler(program: Program): Iterable<Program>;
  /** A program in lines. */
  describe(program: Program): readonly string[];
  /**
   * Reads a program that comes from outside.
   *
   * @throws {TypeError} when it is none.
   */
  parse(data: unknown): Program;
}
