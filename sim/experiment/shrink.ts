import type { Schedule } from "../schedule/schedule.ts";
import { Pct } from "../strategies/pct.ts";
import { Budget } from "./budget.ts";
import type { Experiment, ExperimentOptions } from "./experiment.ts";
import { failureClassOf } from "./failure_class.ts";
import { searchWithSwitches, type Trial } from "./fewer.ts";

/** A run that fails. */
export interface FailingRun<Program> {
  /** What ran. */
  readonly program: Program;
  /** Of everything that the schedule does not decide. */
  readonly seed: number;
  /** What is special in the run. */
  readonly schedule: Schedule;
  /** What kind of failure it is: {@linkcode failureClassOf}. */
  readonly failureClass: string;
}

/** The smallest run that was found to fail in the same way. */
export interface Shrunk<Program> extends FailingRun<Program> {
  /** How often a task is interrupted that could have gone on. */
  readonly preemptions: number;
  /**
   * Whether no task need be interrupted, or every schedule with fewer switches was tried, the faults
   * being the same, and none fails so. False: they were too many.
   */
  readonly isMinimal: boolean;
  /** How many runs it took. */
  readonly runs: number;
}

/** About two seconds. */
const STEPS_MAX = 400_000;
/** Pairs of more deviations than this are too many to try. */
const PAIRED_MAX = 12;
const SAMPLES = 100;

/**
 * Shrinks a failing run, keeping the class of the failure: deviations and faults are taken out, in halves
 * and one by one; then parts of the program; at last every schedule with fewer switches is tried, as far
 * as the budget of steps goes.
 */
export function shrink<Program>(
  experiment: Experiment<Program>,
  failing: FailingRun<Program>,
  stepsMax: number = STEPS_MAX,
): Shrunk<Program> {
  return new Shrinker(experiment, failing, stepsMax).shrink();
}

class Shrinker<Program> {
  readonly #experiment: Experiment<Program>;
  readonly #failing: FailingRun<Program>;
  readonly #budget: Budget;
  #program: Program;
  #schedule: Schedule;
  #preemptions = 0;
  #runs = 0;

  constructor(experiment: Experiment<Program>, failing: FailingRun<Program>, stepsMax: number) {
    this.#experiment = experiment;
    this.#failing = failing;
    this.#budget = new Budget(stepsMax);
    this.#program = failing.program;
    this.#schedule = failing.schedule;
  }

  shrink(): Shrunk<Program> {
    this.#try(this.#program, this.#schedule);
    // A smaller program first: every run after that is shorter.
    do this.#shrinkProgram(); while (this.#shrinkSchedule() && !this.#budget.isSpent);
    this.#removePairs();
    this.#sample();
    const isMinimal = this.#useFewerSwitches();
    return {
      ...this.#failing,
      program: this.#program,
      schedule: this.#schedule,
      preemptions: this.#preemptions,
      isMinimal,
      runs: this.#runs,
    };
  }

  /** Delta debugging over the deviations (Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input). */
  #shrinkSchedule(): boolean {
    const before = this.#schedule.length;
    if (before === 0) return false;
    if (this.#try(this.#program, [])) return true;
    for (let size = Math.ceil(before / 2); size >= 1;) {
      const hasShrunk = this.#removeChunks(size);
      if (size === 1 && !hasShrunk) break;
      size = size === 1 ? 1 : Math.ceil(size / 2);
    }
    return this.#schedule.length < before;
  }

  /** From the end on: what comes late depends on what was before, and not the other way round. */
  #removeChunks(size: number): boolean {
    let hasShrunk = false;
    for (let end = this.#schedule.length; end > 0 && !this.#budget.isSpent;) {
      const start = Math.max(0, end - size);
      const rest = this.#schedule.toSpliced(start, end - start);
      if (this.#try(this.#program, rest)) hasShrunk = true;
      end = Math.min(start, this.#schedule.length);
    }
    return hasShrunk;
  }

  /** Two switches may be of use to each other only: away from a task, and back. */
  #removePairs(): void {
    for (let i = 0; i < this.#schedule.length; i++) {
      for (let j = i + 1; j < this.#schedule.length; j++) {
        if (this.#schedule.length > PAIRED_MAX || this.#budget.isSpent) return;
        if (this.#try(this.#program, this.#schedule.toSpliced(j, 1).toSpliced(i, 1))) j = i;
      }
    }
  }

  /**
   * The program is small now, so a strategy that switches little may well meet the failure another way,
   * where taking deviations out has come to an end.
   */
  #sample(): void {
    for (let sample = 0; sample < SAMPLES && !this.#budget.isSpent; sample++) {
      if (this.#preemptions <= 1) return;
      const best = { schedule: this.#schedule, preemptions: this.#preemptions };
      const chooser = new Pct(sample, { depth: 2 + sample % 2 });
      const { strikes } = split(this.#schedule);
      if (strikes.length > 0 || !this.#tryWith(this.#program, { chooser })) continue;
      this.#shrinkSchedule();
      if (this.#preemptions < best.preemptions) continue;
      this.#schedule = best.schedule;
      this.#preemptions = best.preemptions;
    }
  }

  #shrinkProgram(): void {
    let candidates = [...this.#experiment.simpler(this.#program)];
    for (let i = 0; i < candidates.length && !this.#budget.isSpent;) {
      if (this.#try(candidates[i] as Program, this.#schedule)) {
        // What stood before this place was tried, and stands before it still.
        candidates = [...this.#experiment.simpler(this.#program)];
      } else i++;
    }
  }

  /** True when no schedule with fewer switches fails, and that is known. */
  #useFewerSwitches(): boolean {
    if (this.#preemptions === 0) return true;
    const { strikes, switchCount } = split(this.#schedule);
    // That no one deviation can be spared is known already.
    if (switchCount <= 1) return !this.#budget.isSpent;
    for (let count = 1; count < switchCount; count++) {
      const found = searchWithSwitches(strikes, count, (schedule) => this.#trial(schedule));
      if (found === "unknown") return false;
      if (found === "none") continue;
      this.#try(this.#program, found);
      return true;
    }
    return true;
  }

  #trial(schedule: Schedule): Trial | undefined {
    if (this.#budget.isSpent) return undefined;
    const { seed } = this.#failing;
    const record = "alternatives";
    const { failure, simulation, steps } = this.#experiment.run(this.#program, {
      seed,
      schedule,
      record,
    });
    this.#runs++;
    this.#budget.spend(steps);
    return { isFailure: this.#isSought(failure), alternatives: simulation.alternatives() };
  }

  /** Takes a program and a schedule over when they fail in the same way. */
  #try(program: Program, schedule: Schedule): boolean {
    return this.#tryWith(program, { schedule });
  }

  #tryWith(program: Program, how: Pick<ExperimentOptions, "chooser" | "schedule">): boolean {
    const { seed } = this.#failing;
    const { failure, simulation, steps } = this.#experiment.run(program, {
      ...how,
      seed,
      record: true,
    });
    this.#runs++;
    this.#budget.spend(steps);
    if (!this.#isSought(failure)) return false;
    this.#program = program;
    // Without what could not be done, and with what was done in its place.
    this.#schedule = simulation.schedule();
    this.#preemptions = simulation.preemptionCount;
    return true;
  }

  #isSought(failure: unknown): boolean {
    return failure !== undefined && failureClassOf(failure) === this.#failing.failureClass;
  }
}

/** What chooses steps, and what strikes. */
function split(schedule: Schedule): { readonly strikes: Schedule; readonly switchCount: number } {
  const strikes = schedule.filter(({ kind }) => kind === "fault" || kind === "inject");
  return { strikes, switchCount: schedule.length - strikes.length };
}
