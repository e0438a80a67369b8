import { ADVANCE_CLOCK, type Choice, type Chooser } from "../chooser.ts";
import { Baseline } from "./baseline.ts";
import type { Deviation, Schedule, Switch, TimePasses } from "./schedule.ts";

/** A choice that the schedule makes at one step. */
type Turn = Switch | TimePasses;

/**
 * Follows a schedule. A deviation that cannot be made, since the run has become another, is left out and
 * counted: what the run does is a function of the schedule all the same.
 */
export class Guide implements Chooser {
  readonly #baseline = new Baseline();
  /** By the step at which they are made; several at one step one after the other. */
  readonly #turns = new Map<string, Turn[]>();
  readonly #strikes = new Set<string>();
  #pendingCount: number;

  /** Follows `schedule`; the empty one is the baseline. */
  constructor(schedule: Schedule) {
    this.#pendingCount = schedule.length;
    for (const deviation of schedule) {
      if (deviation.kind === "switch" || deviation.kind === "time") this.#addTurn(deviation);
      else this.#strikes.add(strikeKey(deviation.kind, deviation.at, deviation.what));
    }
  }

  /** How many deviations were not made, so far: at the end, those that were impossible. */
  get missedCount(): number {
    return this.#pendingCount;
  }

  /** What the schedule says, or else the baseline. */
  pick(runnable: readonly Choice[], canAdvance: boolean): number {
    const index = this.#baseline.pick(runnable);
    const chosen = this.#turns.size === 0 ? index : this.#turnAt(runnable, index, canAdvance);
    if (chosen !== ADVANCE_CLOCK) this.#baseline.ran(runnable[chosen] as Choice);
    return chosen;
  }

  /** Whether something from outside befalls the run right after a step. */
  injects(what: string, at: string): boolean {
    return this.#strikesNow("inject", at, what);
  }

  /** Whether a fault strikes at a step. */
  strikes(at: string, what: string): boolean {
    return this.#strikesNow("fault", at, what);
  }

  #strikesNow(kind: "fault" | "inject", at: string, what: string): boolean {
    if (this.#strikes.size === 0) return false;
    const isMeant = this.#strikes.delete(strikeKey(kind, at, what));
    if (isMeant) this.#pendingCount--;
    return isMeant;
  }

  #addTurn(turn: Turn): void {
    const turns = this.#turns.get(turn.at);
    if (turns === undefined) this.#turns.set(turn.at, [turn]);
    else turns.push(turn);
  }

  /** The first turn at the wanted step that can be made; those before it are given up. */
  #turnAt(runnable: readonly Choice[], wanted: number, canAdvance: boolean): number {
    const { key } = runnable[wanted] as Choice;
    const turns = this.#turns.get(key);
    if (turns === undefined) return wanted;
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      if (turns.length === 0) this.#turns.delete(key);
      const index = indexOf(turn, runnable, canAdvance);
      if (index === undefined) continue;
      this.#pendingCount--;
      return index;
    }
    return wanted;
  }
}

function strikeKey(kind: Deviation["kind"], at: string, what: string): string {
  return `${kind} ${at} ${what}`;
}

function indexOf(
  turn: Turn,
  runnable: readonly Choice[],
  canAdvance: boolean,
): number | undefined {
  if (turn.kind === "time") return canAdvance ? ADVANCE_CLOCK : undefined;
  const exact = runnable.findIndex((step) => step.key === turn.to);
  if (exact >= 0) return exact;
  // The same task may be at another step by now; to go to that is what comes nearest.
  const task = turn.to.slice(0, turn.to.indexOf("#"));
  const near = runnable.findIndex((step) => step.taskKey === task);
  return near < 0 ? undefined : near;
}
