import type { Choice, Chooser } from "../chooser.ts";
import { Prng } from "../random.ts";

/** How to look for bugs that need few switches at the right places. */
export interface PctOptions {
  /** How many orders of two steps a bug needs to show, at most: one more than there are changes. */
  readonly depth: number;
  /** Choices among which the changes are; from 64 to 1024, drawn from the seed, unless given. */
  readonly choicesMax?: number;
}

const DEPTH_MIN = 2;
const DEPTH_COUNT = 4;
const CHOICES_MIN = 64;
/** 64, 128, … 1024: how long a run will be is not known before it. */
const CHOICES_DOUBLINGS = 5;

/**
 * Probabilistic concurrency testing (Burckhardt et al., A Randomized Scheduler with Probabilistic
 * Guarantees of Finding Bugs, ASPLOS 2010). Every task gets a random priority when it is first seen,
 * and the highest that can run does; at `depth` - 1 random choices the one that would run falls below
 * all others. So tasks run long ways undisturbed, which a random walk all but never lets them do.
 *
 * What the machine does by itself (timers, late events, deaths) obeys no task, so each such step has a
 * priority of its own. Several steps of one task are concurrent: any of them may be the next.
 */
export class Pct implements Chooser {
  readonly #random: Prng;
  /** By task, or by step for those of the machine. */
  readonly #priorities = new Map<number | string, number>();
  /** At which choices a priority falls. */
  readonly #changes = new Set<number>();
  #choices = 0;

  /** The same seed makes the same priorities and changes; without options the depth goes from 2 to 5 in turn. */
  constructor(seed: number, { depth, choicesMax }: PctOptions = { depth: depthOf(seed) }) {
    this.#random = new Prng(seed, "pct");
    const end = choicesMax ?? CHOICES_MIN << this.#random.below(CHOICES_DOUBLINGS);
    for (let i = 1; i < depth; i++) this.#changes.add(1 + this.#random.below(end));
  }

  /** A step of the highest task. */
  pick(runnable: readonly Choice[]): number {
    if (runnable.length === 1) return 0;
    if (this.#changes.has(++this.#choices)) {
      // Below all: the initial ones are positive, and a later change falls deeper.
      this.#priorities.set(this.#highest(runnable), -this.#choices);
    }
    const highest = this.#highest(runnable);
    let count = 0;
    for (const step of runnable) if (ownerOf(step) === highest) count++;
    let skipped = count === 1 ? 0 : this.#random.below(count);
    return runnable.findIndex((step) => ownerOf(step) === highest && skipped-- === 0);
  }

  #highest(runnable: readonly Choice[]): number | string {
    let highest: number | string = 0;
    let priorityMax = -Infinity;
    for (const step of runnable) {
      const owner = ownerOf(step);
      const priority = this.#priorityOf(owner);
      if (priority <= priorityMax) continue;
      priorityMax = priority;
      highest = owner;
    }
    return highest;
  }

  #priorityOf(owner: number | string): number {
    let priority = this.#priorities.get(owner);
    if (priority === undefined) {
      priority = this.#random.uint32();
      this.#priorities.set(owner, priority);
    }
    return priority;
  }
}

function depthOf(seed: number): number {
  return DEPTH_MIN + seed % DEPTH_COUNT;
}

/** Who has the priority of a step. */
function ownerOf({ taskId, taskName, seq, verb }: Choice): number | string {
  const isOfMachine = verb === "timer" || verb === "die" || taskName === "interrupt";
  return isOfMachine ? `${taskId}/${seq}` : taskId;
}
