import { assert } from "@std/assert";
import type { Choice, Chooser } from "../chooser.ts";
import type { Footprint } from "../footprint.ts";
import { Baseline } from "../schedule/baseline.ts";
import { HappensBefore, type Race } from "./happens_before.ts";
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
  /** Options that must be chosen here, sooner or later. */
  readonly wanted: Set<string>;
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

function nameOf({ provenance, key }: Choice): string {
  return provenance ?? key;
}

function isStrike(node: Node | undefined): boolean {
  return node !== undefined && isInjection(node) && node.chosen !== SPARED;
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
 * Of schedules that differ only in the order of steps that commute one is explored. Without a bound a step
 * is taken in place of another one only where a run has shown that their order matters (source sets:
 * Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014), and not where that
 * was seen before (sleep sets: Godefroid, Partial-Order Methods for the Verification of Concurrent Systems).
 * With a bound these would leave out schedules within it; then a run ends where another one was in the same
 * state before, with as many preemptions left (Musuvathi, Qadeer: Iterative Context Bounding, PLDI 2007).
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
  /** Choices whose races are known from earlier runs. */
  #known = 0;
  #trace = new TraceHash();
  /** States that were seen, and how many preemptions were left there. */
  readonly #seen = new Map<string, number>();

  /** One for all runs of a search. */
  constructor({ preemptionsMax }: ExplorerOptions = {}) {
    this.#preemptionsMax = preemptionsMax;
  }

  /** A number for the run so far, the same for all that differ only in the order of steps that commute. */
  get trace(): number {
    return this.#trace.value;
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
    if (this.#preemptionsMax === undefined) this.#wantReversals();
    for (let node = this.#path.at(-1); node !== undefined; node = this.#path.at(-1)) {
      node.done.set(node.chosen, node.footprint);
      const left = node.options.find((option) => this.#isOpen(node, option));
      if (left !== undefined) {
        node.chosen = left;
        node.footprint = undefined;
        this.#known = this.#path.length - 1;
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
    this.#trace.add(node.chosen, footprint);
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
    if (node.footprint !== undefined) this.#trace.add(node.chosen, node.footprint);
    const index = runnable.findIndex((step) => nameOf(step) === node.chosen);
    assert(index >= 0, `Step ${node.chosen} cannot run again: the program is not deterministic`);
    return index;
  }

  #growSteps(runnable: readonly Choice[], wanted: number): Node {
    const first = runnable[wanted] as Choice;
    const others = runnable.filter((step) => step !== first);
    this.#wantDisabled(runnable.map(nameOf));
    const preempting = this.#baseline.isGoingOn(first) ? others.map(nameOf) : [];
    return this.#grow(
      [first, ...others].map(nameOf),
      this.#sleepHere(),
      new Set(preempting),
    );
  }

  #grow(options: readonly string[], sleep: Sleep, preempting: ReadonlySet<string>): Node {
    const parent = this.#path.at(-1);
    const isBounded = this.#preemptionsMax !== undefined;
    const node: Node = {
      options,
      sleep,
      done: new Map(),
      wanted: new Set(isBounded || options[0] === SPARED ? options : []),
      chosen: "",
      footprint: undefined,
      preempting,
      preemptions: parent === undefined
        ? 0
        : parent.preemptions + Number(parent.preempting.has(parent.chosen)),
    };
    const first = options.find((option) => this.#isOpen(node, option, true));
    if (first === undefined || this.#wasSeen(node)) throw new RedundantRun();
    node.chosen = first;
    node.wanted.add(first);
    this.#path.push(node);
    return node;
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

  /** Whether it is to be chosen still; the first one that is chosen need not be wanted by anybody yet. */
  #isOpen(node: Node, option: string, isFirst = false): boolean {
    if (node.done.has(option) || node.sleep.has(option)) return false;
    if (!isFirst && !node.wanted.has(option)) return false;
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

  /** A step that could run, and can run no more since another one did, was in a race with that. */
  #wantDisabled(runnable: readonly string[]): void {
    const parent = this.#path.findLast((node) => !isInjection(node));
    if (parent === undefined || isStrike(this.#path.at(-1))) return;
    for (const option of parent.options) {
      if (option !== parent.chosen && !runnable.includes(option)) parent.wanted.add(option);
    }
  }

  /** Wants the other order of each race that the run has shown for the first time. */
  #wantReversals(): void {
    const order = new HappensBefore();
    const steps: Node[] = [];
    for (const [depth, node] of this.#path.entries()) {
      const isNew = depth >= this.#known;
      if (isInjection(node)) {
        if (node.chosen === SPARED) continue;
        const races = order.addBarrier();
        if (isNew) { for (const race of races) this.#wantReversal(steps, order, race, undefined); }
      } else if (node.footprint !== undefined) {
        steps.push(node);
        const races = order.add(node.footprint);
        if (isNew) {
          for (const race of races) this.#wantReversal(steps, order, race, node.chosen);
        }
      }
    }
  }

  /** Wants, before the earlier step, one of those with which its order with the later one is reversed. */
  #wantReversal(
    steps: readonly Node[],
    order: HappensBefore,
    { earlier, later }: Race,
    last: string | undefined,
  ): void {
    const node = steps[earlier] as Node;
    // What need not come behind the earlier step, and the later one.
    const others: number[] = [];
    const first: string[] = [];
    for (let step = earlier + 1; step < later; step++) {
      if (order.precedes(earlier, step)) continue;
      if (!others.some((it) => order.precedes(it, step))) first.push((steps[step] as Node).chosen);
      others.push(step);
    }
    if (last !== undefined && !others.some((it) => order.precedes(it, later))) {
      // Else the earlier one has made it possible, and they have no other order.
      if (!node.options.includes(last)) return;
      first.push(last);
    }
    const candidates = first.filter((step) => node.options.includes(step));
    const isWanted = candidates.some((step) => node.wanted.has(step) || node.sleep.has(step));
    if (isWanted) return;
    const [one] = candidates;
    if (one !== undefined) node.wanted.add(one);
  }
}
