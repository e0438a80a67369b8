import { equal } from "@std/assert";
import type { ProcessIdentity } from "../../../src/kernel/processes.ts";
import type { StoredRecord } from "../../../src/kernel/store.ts";
import { inMacrotask, Prng } from "../../../sim/mod.ts";
import type { SimBenchOptions } from "../differential/sim_bench.ts";
import { learnCommands, learnPids, learnTemporaryNames } from "./learn.ts";
import { ModelMachine } from "./model_machine.ts";
import { type Comparison, programName, ruleOf, stableNames } from "./rules.ts";
import {
  entryText,
  type Outcome,
  outcomeText,
  type RecordedCall,
  type TraceEntry,
} from "./trace.ts";
import { hasEffect, isQuery, isSignal, wasTooLate } from "./verbs.ts";

/** The machine that a trace was recorded on, as far as the model is to be like it. */
export type RecordedMachine = Omit<SimBenchOptions, "seed">;

/** Whether the model can do what a recorded machine did. */
export type Verdict =
  | { readonly isAccepted: true; readonly callCount: number }
  /** `text` says which call it cannot answer so, and what it answers, on the schedule that went furthest. */
  | { readonly isAccepted: false; readonly at: number; readonly text: string };

/** Interleavings of the machine's own programs that are tried before a trace is rejected. */
const SCHEDULES = 200;
/** Steps of other processes that may come before an answer is right. */
const OTHERS_STEPS_MAX = 5_000;
const SHOWN_BEFORE = 10;

/**
 * Makes the calls of a trace on a simulated machine, in the order in which they were answered, and
 * compares each answer. Between two calls the other processes of the machine do no more than they must:
 * as long as an answer is not the recorded one and asking changes nothing, they go on step by step and
 * it is asked again. The model accepts the trace when some schedule of theirs gives every answer; each
 * that is tried begins as the one that went furthest so far.
 */
export async function replay(
  trace: readonly TraceEntry[],
  machine: RecordedMachine,
): Promise<Verdict> {
  const random = new Prng(trace.length, "schedules");
  let schedule: Schedule = trace.map(() => 1);
  let furthest = await replayOn(schedule, trace, machine);
  let furthestSchedule = schedule;
  for (let tries = 1; tries < SCHEDULES && !furthest.isAccepted; tries++) {
    schedule = varied(furthestSchedule, furthest.at, random);
    const verdict = await replayOn(schedule, trace, machine);
    if (!verdict.isAccepted && verdict.at < furthest.at) continue;
    furthest = verdict;
    furthestSchedule = schedule;
  }
  return furthest;
}

/** For each entry of a trace, the seed of what others do before and during it. */
type Schedule = readonly number[];

function replayOn(
  schedule: Schedule,
  trace: readonly TraceEntry[],
  machine: RecordedMachine,
): Promise<Verdict> {
  return inMacrotask(() => new Replay(trace, schedule, { ...machine, seed: 1 }).run());
}

/** Another schedule that differs from some entry on: the last one, or one of the last two, four, … */
function varied(schedule: Schedule, last: number, random: Prng): Schedule {
  const reach = 2 ** random.below(Math.ceil(Math.log2(last + 2)) + 1);
  const from = Math.max(0, last - random.below(reach));
  return schedule.map((seed, at) => at < from ? seed : random.uint32());
}

/** One try, on one schedule. */
class Replay {
  readonly #trace: readonly TraceEntry[];
  readonly #schedule: Schedule;
  /** What both machines have alike is below it. */
  readonly #place: string;
  readonly #model: ModelMachine;
  /** What each recorded child runs. */
  readonly #programs = new Map<number, string>();
  /** Entries whose calls were made before their turn. */
  readonly #early = new Set<number>();
  /** The names that each watch of the model has told. */
  readonly #told = new Map<number, Set<string>>();

  constructor(trace: readonly TraceEntry[], schedule: Schedule, options: SimBenchOptions) {
    const { root } = options.folders;
    this.#trace = trace;
    this.#schedule = schedule;
    this.#place = root.slice(0, root.lastIndexOf("/") + 1);
    this.#model = new ModelMachine(options, recordsBefore(trace));
  }

  run(): Verdict {
    let callCount = 0;
    for (const [at, entry] of this.#trace.entries()) {
      this.#model.reseed(this.#schedule[at] ?? 1);
      switch (entry.kind) {
        case "life":
          this.#model.nextLife();
          break;
        case "rest":
          this.#model.rest();
          break;
        case "dispose":
          this.#model.dispose(entry.object);
          break;
        case "call": {
          callCount++;
          const answer = this.#early.has(at) ? undefined : this.#follow(entry, at);
          if (answer !== undefined) return this.#rejected(entry, at, answer);
        }
      }
    }
    return { isAccepted: true, callCount };
  }

  #rejected(call: RecordedCall, at: number, answer: Outcome): Verdict {
    const before = this.#trace.slice(Math.max(0, at - SHOWN_BEFORE), at).map(entryText);
    const both = [`recorded: ${entryText(call)}`, `the model: ${outcomeText(answer)}`];
    return { isAccepted: false, at, text: [...before, ...both].join("\n") };
  }

  /** Makes a call until its answer is the recorded one: undefined then, else what it was. */
  #follow(call: RecordedCall, at: number): Outcome | undefined {
    const model = this.#model;
    if (call.outcome.kind === "cancelled") return undefined;
    if (wasTooLate(call)) {
      if (isSignal(call)) model.signalledEnds(call, OTHERS_STEPS_MAX);
      model.zombiesAreReaped(call);
    } else if (isSignal(call)) model.othersRace();
    const stepsEnd = model.stepCount + OTHERS_STEPS_MAX;
    while (true) {
      const answer = call.verb === "watch.next" ? this.#followWatch(call) : this.#attempt(call);
      if (answer === undefined) return undefined;
      const mayRepeat = answer.kind !== "value" || isQuery(call);
      if (!mayRepeat || model.stepCount > stepsEnd) return answer;
      const goesOn = model.othersGoOn() || model.zombiesAreReaped(call) ||
        this.#overlappingTakesEffect(at);
      if (!goesOn) return answer;
    }
  }

  /** Makes a call once; undefined when the answer was the recorded one. */
  #attempt(call: RecordedCall): Outcome | undefined {
    const { outcome, result } = this.#model.make(call);
    if (!this.#isSame(call, outcome)) return outcome;
    this.#learn(call, outcome, result);
    return undefined;
  }

  /**
   * A watch wakes, it never informs: names come late, twice, or together with others. So each name must
   * have been told by now, whenever that was; undefined then.
   */
  #followWatch(call: RecordedCall): Outcome | undefined {
    const watch = call.object ?? 0;
    const told = this.#told.get(watch) ?? new Set();
    this.#told.set(watch, told);
    const wanted = namesIn(call.outcome);
    while (!wanted.every((name) => told.has(name))) {
      const { outcome } = this.#model.make(call);
      if (outcome.kind !== "value") return outcome;
      for (const name of namesIn(outcome)) told.add(name);
    }
    return undefined;
  }

  /**
   * Makes a call before its turn that was under way at `at`, since its effect may have come before its
   * answer; false when there is none.
   */
  #overlappingTakesEffect(at: number): boolean {
    for (let later = at + 1; later < this.#trace.length; later++) {
      const entry = this.#trace[later];
      if (entry?.kind !== "call" || entry.begun > at || this.#early.has(later)) continue;
      if (!hasEffect(entry)) continue;
      this.#early.add(later);
      return this.#follow(entry, later) === undefined;
    }
    return false;
  }

  #isSame(call: RecordedCall, model: Outcome): boolean {
    const real = call.outcome;
    const comparison = this.#comparison(call);
    if (real.kind === "value" && model.kind === "value") {
      const rule = ruleOf(call.verb, comparison);
      return rule?.isSame(real.value, model.value, comparison) ?? equal(real.value, model.value);
    }
    if (real.kind === "refused" && model.kind === "refused") return real.errno === model.errno;
    // A file of the host's own may be on one machine alone.
    return call.verb.startsWith("files.") && !comparison.isOurs(String(call.args[0]));
  }

  #comparison(call: RecordedCall): Comparison {
    return {
      args: call.args,
      program: this.#programs.get(call.object ?? 0) ?? "",
      pids: this.#model.pids,
      isOurs: (path) => path.startsWith(this.#place),
      hasEndedMeanwhile: (process) => this.#hasEndedMeanwhile(call, process),
    };
  }

  /** Whether somebody was told that a process is gone, while a call was under way that may have looked before. */
  #hasEndedMeanwhile(call: RecordedCall, { pid, startTime }: ProcessIdentity): boolean {
    const meanwhile = this.#trace.slice(call.begun, this.#trace.indexOf(call));
    return meanwhile.some((it) => {
      if (it.kind !== "call" || it.verb !== "processes.open") return false;
      if (it.outcome.kind !== "refused" || it.outcome.errno !== "ESRCH") return false;
      const gone = it.args[0] as ProcessIdentity;
      return gone.pid === pid && gone.startTime === startTime;
    });
  }

  #learn(call: RecordedCall, answer: Outcome, result: unknown): void {
    if (call.outcome.kind !== "value" || answer.kind !== "value") return;
    const model = this.#model;
    const both = { real: call.outcome.value, model: answer.value };
    learnPids(call, both, model.pids, (pid) => model.startTimeOf(pid));
    if (call.verb === "processes.list") learnCommands(both, model.pids);
    if (call.verb === "files.list") learnTemporaryNames(both, model.temporaryNames);
    if (call.made === undefined) return;
    model.keep(call.made, result as object);
    if (call.verb === "processes.spawn") this.#programs.set(call.made, programName(call.args[0]));
  }
}

/** What was in the store when the recording began, as its first call to load says. */
function recordsBefore(trace: readonly TraceEntry[]): readonly StoredRecord[] {
  const load = trace.find((it) => it.kind === "call" && it.verb === "store.load");
  if (load?.kind !== "call" || load.outcome.kind !== "value") return [];
  return load.outcome.value as readonly StoredRecord[];
}

/** Without logs that were rotated: Linux tells of them when conmon closes them, the model tells of no close. */
function namesIn(outcome: Outcome): readonly string[] {
  if (outcome.kind !== "value") return [];
  return stableNames(outcome.value).filter((name) => !name.endsWith(".log.1"));
}
