import { assertExists } from "@std/assert";
import type { Choice } from "../../sim/chooser.ts";
import { Footprint } from "../../sim/footprint.ts";
import type { LifecycleProgram } from "../../sim/lifecycle/request.ts";
import { runLifecycle } from "../../sim/lifecycle/run.ts";
import { Prng } from "../../sim/random.ts";
import { OwnSchedule } from "./own_schedule.ts";

/** How steps are swapped. */
export interface SwapOptions {
  /** Of the schedule, and of the pairs that are swapped in it. */
  readonly seed: number;
  /** Pairs at most. */
  readonly swaps: number;
  /**
   * Names that footprints leave out: then pairs are swapped that conflict in nothing else. Unless given,
   * pairs that do not conflict.
   */
  readonly isLeftOut?: (name: string) => boolean;
}

/** What came of it. */
export interface Swapped {
  /** Pairs that were swapped. */
  readonly count: number;
  /** The first one whose order could be seen by somebody, in words. */
  readonly odd: string | undefined;
}

/**
 * Whether steps commute that are said to: runs a program under a random schedule, then once more for
 * some of the pairs of steps that follow each other there, could have come the other way round, and have
 * footprints that do not conflict; these two are swapped. Whatever anybody does or is answered from then
 * on must be the same, but for the time.
 */
export function swapSteps(
  program: LifecycleProgram,
  { seed, swaps, isLeftOut }: SwapOptions,
): Swapped {
  const random = new Prng(seed, "swaps");
  const before = new Schedule(random, []);
  const expected = run(program, before);
  const pairs = [...before.taken.keys()].filter((index) => before.commutes(index, isLeftOut));
  let count = 0;
  for (; count < swaps && pairs.length > 0; count++) {
    const [index] = pairs.splice(random.below(pairs.length), 1);
    assertExists(index);
    const keys = before.taken.map(({ step }) => step);
    const swapped = keys.with(index, keys[index + 1] ?? "").with(index + 1, keys[index] ?? "");
    const after = new Schedule(random, swapped);
    const difference = differenceOf(expected, run(program, after));
    if (after.missed !== undefined || difference !== undefined) {
      const [one, other] = [before.taken[index], before.taken[index + 1]];
      const odd = `${one?.text} and ${other?.text} do not commute: ${
        after.missed ?? difference
      }\n  ${textOf(one?.footprint)}\n  ${textOf(other?.footprint)}`;
      return { count, odd };
    }
  }
  return { count, odd: undefined };
}

/** A step that was taken. */
interface Taken {
  readonly step: string;
  /** What could have been taken. */
  readonly runnable: readonly string[];
  readonly text: string;
  /** What it touched: known when the next one is taken. */
  footprint?: Footprint;
}

/** Takes the steps that it is given, as long as there are any, then random ones. */
class Schedule extends OwnSchedule {
  readonly taken: Taken[] = [];
  /** The first step that was given and could not be taken. */
  missed: string | undefined;
  #task = "";

  constructor(readonly random: Prng, readonly given: readonly string[]) {
    super();
  }

  protected override choose(runnable: readonly Choice[]): number {
    const index = this.#next(runnable);
    const chosen = runnable[index] as Choice;
    const { taskKey, taskName, verb } = chosen;
    this.#task = taskKey;
    this.taken.push({
      step: nameOf(chosen),
      runnable: runnable.map(nameOf),
      text: `${verb} of ${taskName}`,
    });
    return index;
  }

  protected override took(footprint: Footprint): void {
    const last = this.taken.at(-1);
    if (last !== undefined) last.footprint ??= footprint;
  }

  /** Whether the step at `index` and the next one could come the other way round, and are said to commute. */
  commutes(index: number, isLeftOut: SwapOptions["isLeftOut"]): boolean {
    const [one, other] = [this.taken[index], this.taken[index + 1]];
    if (one?.footprint === undefined || other?.footprint === undefined) return false;
    if (!one.runnable.includes(other.step)) return false;
    const conflicts = one.footprint.conflictsWith(other.footprint);
    if (isLeftOut === undefined) return !conflicts;
    return conflicts &&
      !without(one.footprint, isLeftOut).conflictsWith(without(other.footprint, isLeftOut));
  }

  #next(runnable: readonly Choice[]): number {
    const given = this.given[this.taken.length];
    if (given === undefined) {
      const same = runnable.findIndex((it) => it.taskKey === this.#task);
      return same >= 0 && this.random.chance(0.6) ? same : this.random.below(runnable.length);
    }
    const index = runnable.findIndex((it) => nameOf(it) === given);
    if (index < 0) this.missed ??= `${given} cannot follow`;
    return Math.max(index, 0);
  }
}

function without(footprint: Footprint, isLeftOut: (name: string) => boolean): Footprint {
  const rest = new Footprint();
  for (const [name, access] of footprint.accesses()) if (!isLeftOut(name)) rest.touch(name, access);
  return rest;
}

/** Whatever the order of steps that commute. */
function nameOf({ provenance }: Choice): string {
  assertExists(provenance, "Nobody has named the step");
  return provenance;
}

/** What everybody did and was answered, by the names of the steps. */
type Stories = ReadonlyMap<string, string>;

/** Microseconds and milliseconds since 1970. */
const TIMES = /\b\d{13,16}\b/g;

/** @throws {unknown} why the run failed. */
function run(program: LifecycleProgram, schedule: Schedule): Stories {
  const { failure, simulation } = runLifecycle(program, {
    seed: 1,
    explorer: schedule,
    history: true,
  });
  if (failure !== undefined && schedule.missed === undefined) throw failure;
  return new Map(
    simulation.history.entries().map(({ provenance, task, part, text }) => [
      provenance ?? "",
      `${part} of ${task}: ${text.replaceAll(TIMES, "TIME")}`,
    ]),
  );
}

function differenceOf(expected: Stories, found: Stories): string | undefined {
  for (const [step, text] of expected) {
    const other = found.get(step);
    if (other !== text) return `not "${text}" but "${other}"`;
  }
  return found.size === expected.size ? undefined : "more was done";
}

function textOf(footprint: Footprint | undefined): string {
  return [...footprint?.accesses() ?? []].map(([name, access]) => `${access} ${name}`).join(", ");
}
