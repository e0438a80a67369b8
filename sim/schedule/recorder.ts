import { ADVANCE_CLOCK, type Choice, type Chooser } from "../chooser.ts";
import { Baseline } from "./baseline.ts";
import type { Deviation, Schedule } from "./schedule.ts";

/** A point at which another step could have run. */
export interface Alternative {
  /** The step that the baseline would have run. */
  readonly at: string;
  /** Those that could have run as well. */
  readonly others: readonly string[];
}

/**
 * Writes down what a strategy decides, and what else strikes, as deviations from the baseline.
 */
export class Recorder implements Chooser {
  readonly #deviations: Deviation[] = [];
  readonly #baseline = new Baseline();
  #preemptionCount = 0;

  readonly #alternatives: Alternative[] | undefined;

  /** Decides; what it decides is recorded, and what could have been decided if that is wanted. */
  constructor(readonly inner: Chooser, hasAlternatives = false) {
    this.#alternatives = hasAlternatives ? [] : undefined;
  }

  /** What was decided so far. */
  get schedule(): Schedule {
    return this.#deviations;
  }

  /** The points at which another step could have run; empty unless wanted. */
  get alternatives(): readonly Alternative[] {
    return this.#alternatives ?? [];
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
    if (runnable.length > 1 && chosen === wanted) this.#offer(wanted, runnable);
    if (chosen !== wanted) {
      this.#deviations.push({ kind: "switch", at: wanted.key, to: chosen.key });
      if (this.#baseline.isGoingOn(wanted)) this.#preemptionCount++;
    }
    this.#baseline.ran(chosen);
    return index;
  }

  #offer(wanted: Choice, runnable: readonly Choice[]): void {
    this.#alternatives?.push({
      at: wanted.key,
      others: runnable.filter((step) => step !== wanted).map((step) => step.key),
    });
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
