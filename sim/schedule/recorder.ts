import { ADVANCE_CLOCK, type Choice, type Chooser } from "../chooser.ts";
import { Baseline } from "./baseline.ts";
import type { Deviation, Schedule } from "./schedule.ts";

/**
 * Writes down what a strategy decides, and what else strikes, as deviations from the baseline.
 */
export class Recorder implements Chooser {
  readonly #deviations: Deviation[] = [];
  readonly #baseline = new Baseline();
  #preemptionCount = 0;

  /** Decides; what it decides is recorded. */
  constructor(readonly inner: Chooser) {}

  /** What was decided so far. */
  get schedule(): Schedule {
    return this.#deviations;
  }

  /** How often a task was interrupted that could have gone on. */
  get preemptionCount(): number {
    return this.#preemptionCount;
  }

  /** What the other strategy says. */
  pick(runnable: readonly Choice[], canAdvance: boolean): number {
    const index = this.inner.pick(runnable, canAdvance);
    const wanted = runnable[this.#baseline.pick(runnable)] as Choice;
    if (index === ADVANCE_CLOCK) {
      this.#deviations.push({ kind: "time", at: wanted.key });
      return index;
    }
    const chosen = runnable[index];
    if (chosen === undefined) return index;
    if (chosen !== wanted) {
      this.#deviations.push({ kind: "switch", at: wanted.key, to: chosen.key });
      if (this.#baseline.isGoingOn(wanted)) this.#preemptionCount++;
    }
    this.#baseline.ran(chosen);
    return index;
  }

  /** A fault strikes. */
  fault(at: string, what: string): void {
    this.#deviations.push({ kind: "fault", at, what });
  }

  /** Something from outside strikes, right after the step `at`. */
  injection(at: string, what: string): void {
    this.#deviations.push({ kind: "inject", at, what });
  }
}
