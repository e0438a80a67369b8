import type { ProcessHandle, ProcessIdentity } from "../../../src/kernel/processes.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import type { Kernel } from "../../../src/kernel/kernel.ts";
import type { StoredRecord } from "../../../src/kernel/store.ts";
import { type Daemon, type Hold, Prng, type Simulation } from "../../../sim/mod.ts";
import { furnishedSimulation, type SimBenchOptions } from "../differential/sim_bench.ts";
import { FocusFirst } from "./focus_first.ts";
import { Pids } from "./pids.ts";
import type { Outcome, RecordedCall } from "./trace.ts";
import { needsReaping, takesPaths } from "./verbs.ts";

/** What a call may wait for, in virtual time: more than any program of a trace takes, less than one sleeps. */
const WAIT_MS = 60_000;
/** For programs that look again in a while, as runc delete does. */
const SOON_MS = 1_000;
/** Steps of others before a signal. */
const HEAD_STARTS = [0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 64];
/** Steps of others in a rest that was too short for all of them. */
const RESTS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 64, 256];
/** The step in which a parent that waits for all its children takes a zombie away. */
const REAP = /^reap /;

/**
 * A simulated machine on which the calls of a trace are made, one at a time. Between two of them the
 * other processes do nothing unless they are told to go on.
 */
export class ModelMachine {
  readonly pids = new Pids();
  /** Names of temporary files, which have letters of their own on each machine, by the recorded ones. */
  readonly temporaryNames = new Map<string, string>();
  readonly #chooser = new FocusFirst();
  readonly #simulation: Simulation;
  #seed = 0;
  #random = new Prng(0, "head starts");
  /** Processes, fifos and watches by their numbers in the trace. */
  readonly #objects = new Map<number, object>();
  #daemon: Daemon<void> | undefined;
  #unreaped: Hold;

  /** @param records what is in the store when the trace begins */
  constructor(options: SimBenchOptions, records: readonly StoredRecord[]) {
    this.#simulation = furnishedSimulation(options, this.#chooser);
    this.#simulation.machine.store.commit(records.map((record) => ({ kind: "put", record })));
    this.#unreaped = this.#simulation.hold(undefined, REAP);
  }

  /** What the machine's own programs do from now on is drawn from `seed`. */
  reseed(seed: number): void {
    this.#seed = seed;
    this.#random = new Prng(seed, "head starts");
    this.#chooser.reseed(seed);
  }

  /** Steps that were taken so far. */
  get stepCount(): number {
    return this.#simulation.scheduler.stepCount;
  }

  /** When a process of the machine began; 0 for none. */
  startTimeOf(pid: number): number {
    return this.#simulation.machine.processes.get(pid)?.startTime ?? 0;
  }

  /** The next life of the daemon: what the one before had open is closed. */
  nextLife(): void {
    this.#daemon?.crash();
    this.#objects.clear();
    const daemon = this.#simulation.bootDaemon(() => {});
    this.#simulation.run({ until: () => daemon.boot.isSettled });
    this.#daemon = daemon;
  }

  /** Makes a call; one that waits in vain ends as cancelled. */
  make(call: RecordedCall): { readonly outcome: Outcome; readonly result: unknown } {
    const isReaping = needsReaping(call);
    using _rest = isReaping ? this.#reaping(this.#awaitedBy(call)) : undefined;
    const context = new Context();
    const task = this.#life.spawn(call.verb, (kernel) => this.#invoke(kernel, call, context));
    this.#chooser.focus = task.task.id;
    const until = () => task.isSettled;
    this.#simulation.run({ forMs: WAIT_MS, until });
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

  /** Keeps what a call made under its number in the trace. */
  keep(made: number, object: object): void {
    this.#objects.set(made, object);
  }

  /** Lets go of what a call made. */
  dispose(made: number): void {
    const found = this.#objects.get(made) as Disposable | undefined;
    this.#objects.delete(made);
    found?.[Symbol.dispose]();
  }

  /**
   * The client waited for what it can see to come to rest: the other processes go on until nothing moves
   * without time passing, or, where the seed is even, for a while.
   */
  rest(): void {
    if (this.#seed % 2 === 0) this.#headStart(RESTS);
    else this.#settle();
  }

  /** The other processes take a step; false when they have none to take soon. */
  othersGoOn(): boolean {
    const before = this.stepCount;
    this.#simulation.run({ forMs: SOON_MS, until: () => this.stepCount > before });
    return this.stepCount > before;
  }

  /** Others take steps until the process that a call signals has ended, or at most so many. */
  signalledEnds({ object = 0 }: RecordedCall, stepsMax: number): void {
    const { processes } = this.#simulation.machine;
    const signalled = this.#objects.get(object) as Partial<ProcessHandle> | undefined;
    const process = signalled?.identity && processes.find(signalled.identity);
    const stepsEnd = this.stepCount + stepsMax;
    while (process?.isAlive && this.stepCount < stepsEnd && this.othersGoOn());
  }

  /** Unless the seed is 1, others get some steps ahead, as they may on a machine. */
  othersRace(): void {
    if (this.#seed > 1) this.#headStart(HEAD_STARTS);
  }

  /**
   * Zombies are reaped, which may take any time, so that it does not happen before an answer asks for it:
   * the one that `call` is about, else another unless it opens one; false when there is none.
   */
  zombiesAreReaped(call: RecordedCall): boolean {
    const { steps } = this.#unreaped;
    const isOpening = call.verb === "processes.open";
    const meant = isOpening ? this.#openedBy(call) : this.#awaitedBy(call);
    const isThere = steps.some(({ subject }) => subject === meant);
    if (steps.length === 0 || (isOpening && !isThere)) return false;
    // The init of a PID namespace ends when others in it are reaped: one after the other, in any order.
    const any = steps[this.#random.below(steps.length)]?.subject as number;
    using _rest = this.#reaping(isThere ? meant : any);
    this.#settle();
    return true;
  }

  /** From now on a zombie is reaped, or all are; again none when it is disposed. */
  #reaping(pid: number | undefined): Disposable {
    this.#unreaped.release();
    const others = pid === undefined
      ? undefined
      : this.#simulation.hold(undefined, new RegExp(`^reap (?!${pid}$)`));
    return {
      [Symbol.dispose]: () => {
        others?.release();
        this.#unreaped = this.#simulation.hold(undefined, REAP);
      },
    };
  }

  #openedBy({ args }: RecordedCall): number {
    const process = this.pids.modelOf(args[0] as number | ProcessIdentity);
    return typeof process === "number" ? process : process.pid;
  }

  /** The process that a call is about; undefined: a helper that nobody knows, or none. */
  #awaitedBy({ object }: RecordedCall): number | undefined {
    const child = object === undefined ? undefined : this.#objects.get(object);
    const identity = child === undefined ? undefined : Reflect.get(child, "identity");
    return (identity as ProcessIdentity | undefined)?.pid;
  }

  #settle(): void {
    this.#simulation.run({ forMs: 0 });
  }

  #headStart(counts: readonly number[]): void {
    const end = this.stepCount + (counts[this.#random.below(counts.length)] ?? 0);
    this.#chooser.focus = 0;
    this.#simulation.run({ forMs: 0, until: () => this.stepCount >= end });
  }

  #invoke(kernel: Kernel, { verb, object, args }: RecordedCall, context: Context): unknown {
    const [part = "", method = ""] = verb.split(".");
    const target: unknown = object === undefined
      ? Reflect.get(kernel, part)
      : this.#objects.get(object);
    if (typeof target !== "object" || target === null) throw new Error(`${verb}: no such object`);
    const called: unknown = Reflect.get(target, method);
    if (typeof called !== "function") throw new Error(`${verb}: no such verb`);
    const rest = takesPaths(verb) ? [] : [context];
    return Reflect.apply(called, target, [...this.#argsOf(verb, args), ...rest]);
  }

  /** The same arguments, but for the processes and the temporary files that they mean. */
  #argsOf(verb: string, args: readonly unknown[]): readonly unknown[] {
    if (takesPaths(verb)) return args.map((it) => this.#pathOf(String(it)));
    if (!/^(processes\.(open|environment)|namespaces\.pinOf)$/.test(verb)) return args;
    const [process, ...rest] = args;
    return [this.pids.modelOf(process as Parameters<Pids["modelOf"]>[0]), ...rest];
  }

  #pathOf(path: string): string {
    const slash = path.lastIndexOf("/") + 1;
    return path.slice(0, slash) +
      (this.temporaryNames.get(path.slice(slash)) ?? path.slice(slash));
  }

  get #life(): Daemon<void> {
    if (this.#daemon === undefined) throw new Error("a trace begins with a life of the daemon");
    return this.#daemon;
  }
}
