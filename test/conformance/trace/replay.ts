import { equal } from "@std/assert";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { StoredRecord } from "../../../src/kernel/store.ts";
import { type Daemon, type Hold, inMacrotask, Prng, type Simulation } from "../../../sim/mod.ts";
import { furnishedSimulation, type SimBenchOptions } from "../differential/sim_bench.ts";
import { FocusFirst } from "./focus_first.ts";
import { learnPids } from "./learn.ts";
import { Pids } from "./pids.ts";
import { type Comparison, programName, ruleOf } from "./rules.ts";
import { entryText, type Outcome, outcomeText, type RecordedCall } from "./trace.ts";
import type { TraceEntry } from "./trace.ts";

/** Whether the model can do what a recorded machine did. */
export type Verdict =
  | { readonly isAccepted: true; readonly callCount: number }
  /** `text` says which call it cannot answer so, and what it answers, on the schedule that went furthest. */
  | { readonly isAccepted: false; readonly at: number; readonly text: string };

/** Interleavings of the machine's own programs that are tried before a trace is rejected. */
const SCHEDULES = 60;
/** What a call may wait for, in virtual time: more than any program of a trace takes, less than one sleeps. */
const WAIT_MS = 60_000;
/** Steps of other processes that may come before an answer is right. */
const OTHERS_STEPS_MAX = 5_000;

/** Reads alone, or refused: asked again, it is as if it had been asked for the first time. */
const QUERIES =
  /^(files\.(readFile|stat|list|resolveInRoot|usage)|mounts\.list|namespaces\.isPinned|cgroups\.(processes|oomKills)|processes\.(list|open)|store\.load|child\.output|fifo\.tryRead)$/;

/** Come to an end when something else happens: they do nothing themselves. */
const WAITS = /^(child\.(exited|outputEnded|readPipeLine)|handle\.exited|fifo\.read|watch\.next)$/;

/**
 * Makes the calls of a trace on a simulated machine, in the order in which they were answered, and
 * compares each answer. Between two calls the other processes of the machine do no more than they must:
 * as long as an answer is not the recorded one and asking changes nothing, they go on step by step and
 * it is asked again. The model accepts the trace when some schedule of theirs gives every answer.
 */
export async function replay(
  trace: readonly TraceEntry[],
  machine: Omit<SimBenchOptions, "seed">,
): Promise<Verdict> {
  let furthest: Verdict | undefined;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const verdict = await inMacrotask(() => new Replay(trace, { ...machine, seed }).run());
    if (verdict.isAccepted) return verdict;
    if (furthest === undefined || furthest.isAccepted || verdict.at > furthest.at) {
      furthest = verdict;
    }
  }
  return furthest as Verdict;
}

class Replay {
  readonly #trace: readonly TraceEntry[];
  readonly #options: SimBenchOptions;
  readonly #chooser: FocusFirst;
  readonly #simulation: Simulation;
  readonly #pids = new Pids();
  /** The model's processes, fifos and watches by their numbers in the trace. */
  readonly #objects = new Map<number, object>();
  /** What each recorded child runs. */
  readonly #programs = new Map<number, string>();
  /** Entries whose calls were made before their turn. */
  readonly #early = new Set<number>();
  /** The names that each watch of the model has told. */
  readonly #told = new Map<number, Set<string>>();
  readonly #random: Prng;
  #daemon: Daemon<void> | undefined;
  #unreaped: Hold;

  constructor(trace: readonly TraceEntry[], options: SimBenchOptions) {
    this.#trace = trace;
    this.#options = options;
    this.#chooser = new FocusFirst(options.seed);
    this.#random = new Prng(options.seed, "head starts");
    this.#simulation = furnishedSimulation(options, this.#chooser);
    this.#simulation.machine.store.commit(recordsBefore(trace));
    this.#unreaped = this.#simulation.hold(undefined, REAP);
  }

  run(): Verdict {
    let callCount = 0;
    for (const [at, entry] of this.#trace.entries()) {
      switch (entry.kind) {
        case "life":
          this.#nextLife();
          break;
        case "rest":
          this.#simulation.run({ forMs: 0 });
          break;
        case "dispose":
          this.#dispose(entry.object);
          break;
        case "call": {
          callCount++;
          const answer = this.#early.has(at) ? undefined : this.#follow(entry, at);
          if (answer === undefined) break;
          const before = this.#trace.slice(Math.max(0, at - SHOWN_BEFORE), at).map(entryText);
          const text = [...before, `recorded: ${entryText(entry)}`, `the model: ${answer}`];
          return { isAccepted: false, at, text: text.join("\n") };
        }
      }
    }
    return { isAccepted: true, callCount };
  }

  /** Makes a call until its answer is the recorded one: undefined then, else what it was. */
  #follow(call: RecordedCall, at: number): string | undefined {
    if (call.outcome.kind === "cancelled") return undefined;
    if (isOverBefore(call)) this.#zombiesAreReaped();
    else if (/\.(signal|kill)$/.test(call.verb)) this.#othersRace();
    const stepsEnd = this.#simulation.scheduler.stepCount + OTHERS_STEPS_MAX;
    while (true) {
      const answer = call.verb === "watch.next" ? this.#followWatch(call) : this.#attempt(call);
      if (answer === undefined) return undefined;
      const mayRepeat = answer.kind !== "value" || QUERIES.test(call.verb);
      if (!mayRepeat || this.#simulation.scheduler.stepCount > stepsEnd) return outcomeText(answer);
      const goesOn = this.#othersGoOn() || this.#zombiesAreReaped() ||
        this.#overlappingTakesEffect(at);
      if (!goesOn) return outcomeText(answer);
    }
  }

  /** Makes a call once; undefined when the answer was the recorded one. */
  #attempt(call: RecordedCall): Outcome | undefined {
    const { outcome, result } = this.#make(call);
    if (!this.#isSame(call, outcome)) return outcome;
    this.#keep(call, outcome, result);
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
      const { outcome } = this.#make(call);
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
      if (QUERIES.test(entry.verb) || WAITS.test(entry.verb)) continue;
      this.#early.add(later);
      return this.#follow(entry, later) === undefined;
    }
    return false;
  }

  /** On each schedule but the first, others get some steps before a signal, as they may on a machine. */
  #othersRace(): void {
    const { scheduler } = this.#simulation;
    const count = HEAD_STARTS[this.#random.below(HEAD_STARTS.length)] ?? 0;
    if (this.#options.seed === 1 || count === 0) return;
    const end = scheduler.stepCount + count;
    this.#chooser.focus = 0;
    this.#simulation.run({ forMs: 0, until: () => scheduler.stepCount >= end });
  }

  /** Who reaps may take any time over it, so nothing is reaped before an answer asks for that. */
  #zombiesAreReaped(): boolean {
    const hadZombies = this.#unreaped.steps.length > 0;
    this.#unreaped.release();
    this.#simulation.run({ forMs: 0 });
    this.#unreaped = this.#simulation.hold(undefined, REAP);
    return hadZombies;
  }

  #make(call: RecordedCall): { readonly outcome: Outcome; readonly result: unknown } {
    const needsReaping = REAPING.test(call.verb);
    if (needsReaping) this.#unreaped.release();
    const context = new Context();
    const task = this.#life.spawn(call.verb, (kernel) => this.#invoke(kernel, call, context));
    this.#chooser.focus = task.task.id;
    const until = () => task.isSettled;
    this.#simulation.run({ forMs: WAIT_MS, until });
    if (needsReaping) this.#unreaped = this.#simulation.hold(undefined, REAP);
    if (!task.isSettled) {
      context.cancel();
      this.#simulation.run({ forMs: 0, until });
      return { outcome: { kind: "cancelled" }, result: undefined };
    }
    if (task.state === "fulfilled") {
      const result: unknown = task.value;
      const value = call.made === undefined ? result : Reflect.get(result as object, "identity");
      return { outcome: { kind: "value", value }, result };
    }
    const { error } = task;
    if (!(error instanceof KernelError)) throw error;
    return { outcome: { kind: "refused", errno: error.errno }, result: undefined };
  }

  #invoke(kernel: Kernel, { verb, object, args }: RecordedCall, context: Context): unknown {
    const [part = "", method = ""] = verb.split(".");
    const target: unknown = object === undefined
      ? Reflect.get(kernel, part)
      : this.#objects.get(object);
    if (typeof target !== "object" || target === null) throw new Error(`${verb}: no such object`);
    const called: unknown = Reflect.get(target, method);
    if (typeof called !== "function") throw new Error(`${verb}: no such verb`);
    return Reflect.apply(called, target, [...this.#argsOf(verb, args), context]);
  }

  /** The same arguments, but for the processes that they mean. */
  #argsOf(verb: string, args: readonly unknown[]): readonly unknown[] {
    if (verb !== "processes.open" && verb !== "namespaces.pinOf") return args;
    const [process, ...rest] = args;
    return [this.#pids.modelOf(process as Parameters<Pids["modelOf"]>[0]), ...rest];
  }

  #isSame(call: RecordedCall, model: Outcome): boolean {
    const real = call.outcome;
    if (real.kind === "value" && model.kind === "value") {
      const comparison = this.#comparison(call);
      const rule = ruleOf(call.verb, comparison);
      return rule?.isSame(real.value, model.value, comparison) ?? equal(real.value, model.value);
    }
    if (real.kind === "refused" && model.kind === "refused") return real.errno === model.errno;
    // A file of the host's own may be on one machine alone.
    return call.verb.startsWith("files.") && !this.#comparison(call).isOurs(String(call.args[0]));
  }

  #comparison(call: RecordedCall): Comparison {
    const { root, state } = this.#options.folders;
    const place = root.slice(0, root.lastIndexOf("/"));
    return {
      args: call.args,
      program: this.#programs.get(call.object ?? 0) ?? "",
      pids: this.#pids,
      isOurs: (path) => path.startsWith(`${place}/`) || path.startsWith(`${state}/`),
    };
  }

  #keep(call: RecordedCall, model: Outcome, result: unknown): void {
    if (call.outcome.kind !== "value" || model.kind !== "value") return;
    const startTimeOf = (pid: number) =>
      this.#simulation.machine.processes.get(pid)?.startTime ?? 0;
    learnPids(call, { real: call.outcome.value, model: model.value }, this.#pids, startTimeOf);
    if (call.made === undefined) return;
    this.#objects.set(call.made, result as object);
    if (call.verb === "processes.spawn") this.#programs.set(call.made, programName(call.args[0]));
  }

  /** Lets the other processes take a step; false when they have none to take soon. */
  #othersGoOn(): boolean {
    const { scheduler } = this.#simulation;
    const before = scheduler.stepCount;
    this.#simulation.run({ forMs: SOON_MS, until: () => scheduler.stepCount > before });
    return scheduler.stepCount > before;
  }

  #nextLife(): void {
    this.#daemon?.crash();
    this.#objects.clear();
    const daemon = this.#simulation.bootDaemon(() => {});
    this.#simulation.run({ until: () => daemon.boot.isSettled });
    this.#daemon = daemon;
  }

  #dispose(object: number): void {
    const found = this.#objects.get(object) as Disposable | undefined;
    this.#objects.delete(object);
    found?.[Symbol.dispose]();
  }

  get #life(): Daemon<void> {
    if (this.#daemon === undefined) throw new Error("a trace begins with a life of the daemon");
    return this.#daemon;
  }
}

/**
 * Names of files, without what a temporary one has of its own (GLib, g_mkstemp), and without logs that
 * were rotated: Linux tells of them when conmon closes them, the model tells of no close.
 */
function namesIn(outcome: Outcome): readonly string[] {
  if (outcome.kind !== "value") return [];
  return (outcome.value as readonly string[]).filter((name) => !name.endsWith(".log.1"))
    .map((name) => name.replace(/\.\w{6}$/, ""));
}

/** A child's status is told by being reaped; `pin` awaits a helper. */
const REAPING = /^(child\.exited|namespaces\.pin)$/;
/** The step in which a parent that waits for all its children takes a zombie away. */
const REAP = /^reap /;
const SHOWN_BEFORE = 10;
/** Steps of others before a signal. */
const HEAD_STARTS = [0, 0, 1, 2, 4, 8, 16, 64];
/** For programs that look again in a while, as runc delete does. */
const SOON_MS = 1_000;

/** What was in the store when the recording began, as its first call to load says. */
function recordsBefore(trace: readonly TraceEntry[]) {
  const load = trace.find((it) => it.kind === "call" && it.verb === "store.load");
  if (load?.kind !== "call" || load.outcome.kind !== "value") return [];
  const records = load.outcome.value as readonly StoredRecord[];
  return records.map((record) => ({ kind: "put", record } as const));
}

/** A call that was refused because something had come to its end: on the model it must come to that first. */
function isOverBefore({ verb, outcome }: RecordedCall): boolean {
  return outcome.kind === "refused" &&
    (outcome.errno === "ESRCH" || outcome.errno === "ENXIO" || outcome.errno === "EPIPE") &&
    !QUERIES.test(verb);
}
