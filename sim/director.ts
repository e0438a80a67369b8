import { stepText } from "./history.ts";
import type { Scheduler } from "./scheduler.ts";
import { type Step, WaitQueue } from "./step.ts";
import type { SimTask } from "./sim_task.ts";

/** Whose steps are meant: a task, or all whose name is, starts with, or matches it; undefined: all. */
export type Who = SimTask<unknown> | string | RegExp | undefined;

/** Which steps are meant, by the text that histories show; undefined: all. */
export type What = string | RegExp | undefined;

/** Steps that a scenario holds back until it releases them. */
export class Hold implements Disposable {
  /** Held so far, in the order in which they became pending. */
  readonly steps: Step[] = [];
  /** @internal Woken when a step is held. */
  readonly arrived: WaitQueue = new WaitQueue();
  readonly #director: Director;

  /** @internal `Simulation.hold` and `Simulation.until` make one. */
  constructor(
    director: Director,
    /** Whose steps it holds. */
    readonly who: Who,
    /** Which of their steps it holds. */
    readonly what: What,
    /** Whether it holds the first such step only. */
    readonly isForOne: boolean,
  ) {
    this.#director = director;
  }

  /** What is held, as histories show it. */
  get text(): string {
    return this.steps.map(stepText).join("; ");
  }

  /** @internal Whether a step is meant. */
  matches(step: Step): boolean {
    return isMeant(step, this.who) && isLike(stepText(step), this.what);
  }

  /** Lets everything go on that is held, and holds nothing more. */
  release(): void {
    this.#director.release(this);
  }

  /** Releases, so that `using` ends a hold with its scope. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** Scripted interleavings: stops chosen steps, and lets them go when the script says so. */
export class Director {
  readonly #scheduler: Scheduler;
  #holds: Hold[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Holds every step that matches, or the first one only. */
  hold(who: Who, what: What, isForOne = false): Hold {
    const hold = new Hold(this, who, what, isForOne);
    this.#holds.push(hold);
    this.#scheduler.onPending = (step) => this.#check(step);
    for (const step of this.#scheduler.pending()) if (this.#catches(hold, step)) break;
    return hold;
  }

  release(hold: Hold): void {
    this.#holds = this.#holds.filter((it) => it !== hold);
    if (this.#holds.length === 0) this.#scheduler.onPending = undefined;
    for (const step of hold.steps) this.#scheduler.release(step);
  }

  releaseAll(): void {
    for (const hold of [...this.#holds]) this.release(hold);
  }

  /** What is held, for reports. */
  texts(): string[] {
    return this.#holds.map((it) => `held: ${it.text || `nothing yet like ${String(it.what)}`}`);
  }

  #check(step: Step): void {
    for (const hold of this.#holds) if (this.#catches(hold, step)) return;
  }

  #catches(hold: Hold, step: Step): boolean {
    if (step.isHeld || (hold.isForOne && hold.steps.length > 0) || !hold.matches(step)) {
      return false;
    }
    this.#scheduler.hold(step);
    hold.steps.push(step);
    hold.arrived.wake();
    return hold.isForOne;
  }
}

function isMeant(step: Step, who: Who): boolean {
  if (who === undefined) return true;
  if (typeof who === "string") return step.taskName.startsWith(who);
  if (who instanceof RegExp) return who.test(step.taskName);
  return step.task === who.task;
}

function isLike(text: string, what: What): boolean {
  if (what === undefined) return true;
  return typeof what === "string" ? text.includes(what) : what.test(text);
}
