import { assert } from "@std/assert";
import type { Choice, Chooser } from "../chooser.ts";
import type { Footprint } from "../footprint.ts";
import { Baseline } from "../schedule/baseline.ts";

import { TraceHash } from "./trace_hash.ts";

/** Whatever is behind this point was seen from another one: the run is ended. */
export class RedundantRun extends Error {
  /** Tells it from failures. */
  override readonly name = "RedundantRun";
}

/** A choice of the run, and what is known of its other answers. */
interface Node {
  /** What could be chosen: steps by their keys, or whether something from outside strikes. */
  readonly options: readonly string[];
  /** Options that need not be chosen here: what is behind them was seen before, in another order. */
  readonly sleep: Sleep;
  /** Options that were chosen here before. */
  readonly done: Map<string, Footprint | undefined>;
  chosen: string;
  /** What the chosen one touched; undefined: perhaps everything. */
  footprint: Footprint | undefined;
  /** Options that interrupt a task that could go on. */
  readonly preempting: ReadonlySet<string>;
  /** Preemptions before this choice. */
  readonly preemptions: number;
}

type Sleep = ReadonlyMap<string, Footprint | undefined>;

const NOBODY: Sleep = new Map();
const SPARED = "spared";

/** Whether it was not about steps. */
function isInjection({ options }: Node): boolean {
  return options[0] === SPARED;
}

/** How much is explored. */
export interface ExplorerOptions {
  /** Preemptions of a run at most; unless given there is no bound. */
  readonly preemptionsMax?: number;
}

/**
 * Depth-first search through all schedules of a program: chooses for one run after the other, each time
 * the last choice that has an answer left. Outside of the part that is explored the baseline chooses.
 *
 * Of schedules that differ only in the order of steps that commute one is explored. Without a bound sleep
 * sets see to that (Godefroid: Partial-Order Methods for the Verification of Concurrent Systems). With one
 * they would leave out schedules within it; then a run ends where another one was in the same state before,
 * with as many preemptions left (Musuvathi, Qadeer: Iterative Context Bounding, PLDI 2007).
 */
export class Explorer implements Chooser {
  /** Whether choices are explored now. */
  isOn = false;
  readonly #preemptionsMax: number | undefined;
  /** The way from the first choice to the present one. */
  readonly #path: Node[] = [];
  #depth = 0;
  #baseline = new Baseline();
  /** Where the footprint of the present step belongs. */
  #present: Node | undefined;
  #wasBounded = false;
  #trace = new TraceHash();
  /** States that were seen, and how many preemptions were left there. */
  readonly #seen = new Map<string, number>();

  /** One for all runs of a search. */
  constructor({ preemptionsMax }: ExplorerOptions = {}) {
    this.#preemptionsMax = preemptionsMax;
  }

  /** Choices of the longest run under way. */
  get depth(): number {
    return this.#path.length;
  }

  /** Whether the bound has left anything out. */
  get wasBounded(): boolean {
    return this.#wasBounded;
  }

  /** Begins the next run. */
  begin(): void {
    this.isOn = false;
    this.#depth = 0;
    this.#baseline = new Baseline();
    this.#present = undefined;
    this.#trace = new TraceHash();
  }

  /** Turns to what is left after a run; false: nothing is. */
  next(): boolean {
    for (let node = this.#path.at(-1); node !== undefined; node = this.#path.at(-1)) {
      node.done.set(node.chosen, node.footprint);
      const left = node.options.find((option) => this.#isOpen(node, option));
      if (left !== undefined) {
        node.chosen = left;
        node.footprint = undefined;
        return true;
      }
      this.#path.pop();
    }
    return false;
  }

  /** The choice whose turn it is, or the baseline's. */
  pick(runnable: readonly Choice[]): number {
    const wanted = this.#baseline.pick(runnable);
    this.#present = undefined;
    const index = this.isOn ? this.#choose(runnable, wanted) : wanted;
    this.#baseline.ran(runnable[index] as Choice);
    return index;
  }

  /** Whether something from outside strikes now. That may touch everything. */
  injects(what: string): boolean {
    if (!this.isOn) return false;
    const node = this.#path[this.#depth] ??
      this.#grow([SPARED, what], this.#sleepHere(), new Set());
    this.#depth++;
    this.#present = undefined;
    return node.chosen === what;
  }

  /** Whether nobody knows yet what the step touches that was chosen: the run has left the last one's way. */
  get wantsFootprint(): boolean {
    return this.#present !== undefined && this.#present.footprint === undefined;
  }

  /** Told of what a step has touched. */
  touched(footprint: Footprint): void {
    const node = this.#present;
    if (node === undefined || node.footprint !== undefined) return;
    node.footprint = footprint;
    this.#follow(node.chosen, footprint);
  }

  #choose(runnable: readonly Choice[], wanted: number): number {
    const before = this.#path[this.#depth - 1];
    assert(
      before === undefined || isInjection(before) || before.footprint !== undefined,
      "Cannot explore: nobody tells what steps touch",
    );
    const node = this.#path[this.#depth] ?? this.#growSteps(runnable, wanted);
    this.#depth++;
    this.#present = node;
    if (node.footprint !== undefined) this.#follow(node.chosen, node.footprint);
    const index = runnable.findIndex((step) => step.key === node.chosen);
    assert(index >= 0, `Step ${node.chosen} cannot run again: the program is not deterministic`);
    return index;
  }

  #growSteps(runnable: readonly Choice[], wanted: number): Node {
    const first = runnable[wanted] as Choice;
    const others = runnable.filter((step) => step !== first);
    const preempting = this.#baseline.isGoingOn(first) ? others.map((step) => step.key) : [];
    return this.#grow(
      [first, ...others].map((step) => step.key),
      this.#sleepHere(),
      new Set(preempting),
    );
  }

  #grow(options: readonly string[], sleep: Sleep, preempting: ReadonlySet<string>): Node {
    const parent = this.#path.at(-1);
    const node: Node = {
      options,
      sleep,
      done: new Map(),
      chosen: "",
      footprint: undefined,
      preempting,
      preemptions: parent === undefined
        ? 0
        : parent.preemptions + Number(parent.preempting.has(parent.chosen)),
    };
    const first = options.find((option) => this.#isOpen(node, option));
    if (first === undefined || this.#wasSeen(node)) throw new RedundantRun();
    node.chosen = first;
    this.#path.push(node);
    return node;
  }

  /** A step is part of what leads to the present state, which matters where states are compared. */
  #follow(step: string, footprint: Footprint): void {
    if (this.#preemptionsMax !== undefined) this.#trace.add(step, footprint);
  }

  #wasSeen({ options, preemptions }: Node): boolean {
    if (this.#preemptionsMax === undefined) return false;
    // Which step comes first, and so costs nothing, depends on who ran last.
    const state = `${this.#trace.value} ${options.length} ${options[0]}`;
    const left = this.#preemptionsMax - preemptions;
    if ((this.#seen.get(state) ?? -1) >= left) return true;
    this.#seen.set(state, left);
    return false;
  }

  #isOpen(node: Node, option: string): boolean {
    if (node.done.has(option) || node.sleep.has(option)) return false;
    const isWithin = this.#preemptionsMax === undefined || !node.preempting.has(option) ||
      node.preemptions < this.#preemptionsMax;
    this.#wasBounded ||= !isWithin;
    return isWithin;
  }

  /** What slept at the choice before, or was chosen there, and commutes with what was chosen now. */
  #sleepHere(): Sleep {
    const parent = this.#path.at(-1);
    if (parent === undefined || this.#preemptionsMax !== undefined) return NOBODY;
    if (parent.chosen === SPARED) return parent.sleep;
    const { footprint } = parent;
    if (footprint === undefined) return NOBODY;
    const sleep = new Map<string, Footprint | undefined>();
    for (const asleep of [parent.sleep, parent.done]) {
      for (const [option, theirs] of asleep) {
        if (theirs !== undefined && !theirs.conflictsWith(footprint)) sleep.set(option, theirs);
      }
    }
    return sleep;
  }
}
