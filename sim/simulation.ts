import type { Kernel } from "../src/kernel/kernel.ts";
import type { Chooser } from "./chooser.ts";
import { Daemon } from "./daemon.ts";
import { Director, type Hold, type What, type Who } from "./director.ts";
import { afterMicrotasks, canDrain, drain } from "./driver.ts";
import { type FaultOptions, Faults } from "./faults.ts";
import { History, stepText } from "./history.ts";
import type { Program } from "./programs/program.ts";
import { programs, workloads } from "./programs/registry.ts";
import { Guide } from "./schedule/guide.ts";
import { type Footprint, footprints } from "./footprint.ts";
import { SeenMemory } from "./memory.ts";
import { type Alternative, Recorder } from "./schedule/recorder.ts";
import type { Schedule } from "./schedule/schedule.ts";
import { Scheduler } from "./scheduler.ts";
import { SimTask } from "./sim_task.ts";
import { Step } from "./step.ts";
import { RandomWalk } from "./strategies/random_walk.ts";
import { Slow } from "./strategies/slow.ts";
import { currentTask, type Task } from "./task.ts";
import { type AmbientUse, closeTrap, openTrap } from "./trap.ts";
import { Machine } from "./world/machine.ts";
import { Process } from "./world/process.ts";
import { difference, snapshot, type SnapshotOptions } from "./world/snapshot.ts";

const STEPS_MAX = 200_000;
const PID_MAX = 128;
const SHOWN_STEPS = 12;

/** What a simulation is made of; the seed is enough. */
export interface SimulationOptions {
  /** Everything that happens is a function of it, and of the code under test. */
  readonly seed: number;
  /** Steps of one `run` before it is given up; 200,000 unless given. */
  readonly stepsMax?: number;
  /** How many pids there are, so that they recycle; 128 unless given. */
  readonly pidMax?: number;
  /** What may go wrong; nothing unless given. */
  readonly faults?: FaultOptions;
  /** Keeps every step for reports. */
  readonly history?: boolean;
  /**
   * Whether code of the simulation that reaches for the host's time, chance or IO is refused, with an
   * `AmbientUse`; true unless given. False is for measurements: runs are no function of the seed then.
   */
  readonly isTrapped?: boolean;
  /** The strategy; a random walk from the seed unless given. */
  readonly chooser?: Chooser;
  /** What to do, whatever a strategy or chance would: the schedule of an earlier run, or a part of it. */
  readonly schedule?: Schedule;
  /**
   * Writes down what is decided, for {@linkcode Simulation.schedule}; with "alternatives" also what could
   * have been, for {@linkcode Simulation.alternatives}.
   */
  readonly record?: boolean | "alternatives";
  /** More programs of the machine, by base name. */
  readonly programs?: Readonly<Record<string, Program>>;
  /** More programs inside of containers, by base name. */
  readonly workloads?: Readonly<Record<string, Program>>;
}

/**
 * How a run ended. `done`: every task has settled and nothing moves without time passing. `deadlock`:
 * calls wait that can never be answered. `escaped`: a task waits for something outside of the
 * simulation. `stepsMax`: it did not come to an end.
 */
export interface Outcome {
  /** Anything but "done" is a failure of the code under test, or of the test. */
  readonly kind: "done" | "deadlock" | "escaped" | "stepsMax";
  /** Of the simulation since its beginning. */
  readonly steps: number;
  /** Who waits for what. Empty when done. */
  readonly text: string;
}

/** Which footprints are wanted, and what is known of them. */
export interface FootprintOptions {
  /** Asked before each step, as footprints take a third of its time; always, unless given. */
  readonly isWanted?: () => boolean;
  /**
   * Whether the code under test has marked all memory that its tasks share (`src/kernel/shared_memory.ts`).
   * Unless it has, any two steps that wake code are taken for conflicting.
   */
  readonly isMemoryMarked?: boolean;
}

/** When a run ends, if not when all tasks have settled. */
export interface RunOptions {
  /** Virtual time to let pass, instead of running until every task has settled. */
  readonly forMs?: number;
  /** Ends the run early, checked after every step. */
  readonly until?: () => boolean;
}

/** A machine, its clock and everything that runs on it, as one deterministic whole. */
export class Simulation {
  /** The Linux machine, to look at and to interfere with. */
  readonly machine: Machine;
  /** @internal */
  readonly scheduler: Scheduler;
  /** What happened; empty unless `SimulationOptions.history` is set. */
  readonly history: History = new History();
  /** The faults, to switch off when a test has had enough of them. */
  readonly faults: Faults;
  readonly #director: Director;
  readonly #guide: Guide | undefined;
  readonly #chooser: Chooser;
  readonly #recorder: Recorder | undefined;
  readonly #stepsMax: number;
  readonly #tasks: Set<SimTask<unknown>> = new Set();
  readonly #daemons: Daemon<unknown>[] = [];
  readonly #isTrapped: boolean;
  #unsettledCount = 0;

  /** Switches the machine on. Nothing runs before `run`. */
  constructor(options: SimulationOptions) {
    const { seed, faults = {} } = options;
    footprints.restart();
    this.#stepsMax = options.stepsMax ?? STEPS_MAX;
    this.#isTrapped = options.isTrapped ?? true;
    this.#guide = options.schedule === undefined ? undefined : new Guide(options.schedule);
    this.#chooser = this.#guide ?? options.chooser ?? new RandomWalk(seed);
    const chooser = this.#guide ?? new Slow(this.#chooser, seed, () => this.faults.slowness);
    this.#recorder = options.record
      ? new Recorder(chooser, options.record === "alternatives")
      : undefined;
    this.scheduler = new Scheduler(this.#recorder ?? chooser);
    this.#director = new Director(this.scheduler);
    this.machine = new Machine(this.scheduler, {
      seed,
      pidMax: options.pidMax ?? PID_MAX,
      programs: withMore(programs, options.programs),
      workloads: withMore(workloads, options.workloads),
    });
    this.faults = new Faults(seed, faults, this.scheduler, stepText);
    this.faults.decisions = { guide: this.#guide, recorder: this.#recorder };
    if (this.faults.hasCallFaults) this.scheduler.faults = this.faults;
    if (this.faults.hasWatchFaults) this.machine.watchFaults = this.faults;
    if (this.faults.hasProgramFaults) this.machine.programFaults = this.faults;
    if (options.history) {
      this.scheduler.onExecute = (step) =>
        this.history.record(step, this.scheduler.stepCount, this.scheduler.clock.elapsedMicros);
    }
  }

  /** Starts a life of the daemon. */
  bootDaemon<T>(main: (kernel: Kernel) => Promise<T> | T, name: string = "daemon"): Daemon<T> {
    const daemon = new Daemon(this, name, main);
    this.#daemons.push(daemon);
    return daemon;
  }

  /**
   * Starts work outside of the daemon, which survives its crashes: a client.
   *
   * @param key what names it in schedules, if not the order in which its like were started
   */
  spawn<T>(name: string, body: () => Promise<T> | T, key?: string): SimTask<T> {
    return this.begin(this.scheduler.newTask(name, keyed(key)), this, body);
  }

  /**
   * Starts a script: work that always goes first, so that it stands outside of the interleaving that it
   * directs with {@linkcode until}, {@linkcode hold} and {@linkcode idle}.
   */
  direct<T>(body: () => Promise<T> | T, name: string = "script"): SimTask<T> {
    const task = this.scheduler.newTask(name);
    this.scheduler.addDirector(task);
    return this.begin(task, this, body);
  }

  /** @ignore Starts `body` as a step of `task`. */
  begin<T>(task: Task, owner: object, body: () => Promise<T> | T): SimTask<T> {
    this.#unsettledCount++;
    const begun = new SimTask<T>(task, () => {
      this.#unsettledCount--;
      this.#tasks.delete(begun);
    });
    this.#tasks.add(begun);
    this.scheduler.submit(
      new Step(
        task,
        owner,
        "begin",
        undefined,
        () => currentTask.run(task, () => begun.begin(body)),
        false,
        undefined,
        undefined,
      ),
    );
    return begun;
  }

  /** Lets others run: `count` scheduling points of the task that calls. */
  async pause(count: number = 1): Promise<void> {
    for (let i = 0; i < count; i++) await this.step("pause", () => undefined);
  }

  /** Does something to the machine, as one step of the task that calls. */
  step<T>(what: string, effect: () => T): Promise<T> {
    return this.scheduler.call<T>(this.#task(), this, what, undefined, effect);
  }

  /**
   * Tells `listener` what each step has touched, before those of {@linkcode onStep}: for an explorer. Call it
   * before anything comes to be, and dispose of what it returns at the end.
   */
  onFootprint(
    listener: (footprint: Footprint) => void,
    { isWanted = () => true, isMemoryMarked = false }: FootprintOptions = {},
  ): Disposable {
    const memory = isMemoryMarked ? new SeenMemory() : undefined;
    const isMemorySeen = memory?.isComplete ?? false;
    this.scheduler.wantsFootprint = isWanted;
    this.scheduler.onFootprint = (step, footprint) => {
      const { owner } = step;
      const isDaemon = this.#daemons.some(({ life }) => life.process === owner);
      if (owner instanceof Process && !isDaemon) footprint.touch(owner.label, "read");
      // What code does in memory is not seen: all of a life of the daemon, and of its clients, is one.
      else if (!isMemorySeen && this.scheduler.isOver) footprint.touch("memory", "write");
      // What a program keeps in memory is its own; an init that only reaps keeps nothing.
      if (!isMemorySeen || (owner instanceof Process && !isDaemon && !owner.isReaper)) {
        footprint.touch(`task ${step.task.key}`, "write");
      }
      listener(footprint);
    };
    return {
      [Symbol.dispose]: () => {
        memory?.[Symbol.dispose]();
        this.scheduler.onFootprint = undefined;
      },
    };
  }

  /** Resolves after `ms` of virtual time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) =>
      void this.scheduler.after(this.#task(), this, ms * 1_000, resolve)
    );
  }

  /** Resolves when nothing else can run without time passing. */
  idle(): Promise<void> {
    return this.scheduler.whenIdle(this.#task(), this);
  }

  /**
   * Resolves when `who` is about to do `what`, which is then held back until the returned hold is
   * released. Everybody else goes on meanwhile.
   *
   * @throws {Error} when that task ends without having come there.
   */
  async until(who: Who, what: What): Promise<Hold> {
    const hold = this.#director.hold(who, what, true);
    const ended = who instanceof SimTask ? who : undefined;
    void ended?.settled.then(() => hold.arrived.wake());
    await this.scheduler.callWhen(
      this.#task(),
      this,
      "until",
      String(what),
      hold.arrived,
      () => hold.steps.length > 0 || (ended?.isSettled ?? false),
      () => undefined,
    );
    if (hold.steps.length > 0) return hold;
    hold.release();
    throw new Error(`${ended?.name} ended before it came to ${String(what)}`);
  }

  /** Holds back, from now on, whatever of `who` is like `what`. */
  hold(who: Who, what?: What): Hold {
    return this.#director.hold(who, what);
  }

  /** Calls `listener` after every step, when all code that it woke waits again: for oracles. */
  onStep(listener: (step: Step) => void): void {
    this.scheduler.listeners.push(listener);
  }

  /**
   * Lets something from outside befall the run, once: a crash, a client that cancels. It comes right
   * after a step: `afterSteps` steps from now, or where the schedule has it, if there is one.
   *
   * @param what its name in schedules; no two of a run may share it
   * @param counts which steps count; all unless given
   */
  inject(
    what: string,
    afterSteps: number,
    action: () => void,
    counts: (step: Step) => boolean = () => true,
  ): void {
    const { listeners } = this.scheduler;
    let stepsLeft = afterSteps;
    const listener = (step: Step): void => {
      if (counts(step)) stepsLeft--;
      const { currentKey } = this.scheduler;
      const isNow = this.#chooser.injects?.(what, currentKey) ?? stepsLeft <= 0;
      if (!isNow) return;
      listeners.splice(listeners.indexOf(listener), 1);
      this.#recorder?.injection(this.scheduler.currentKey, what);
      action();
    };
    listeners.push(listener);
  }

  /**
   * Everything that was decided so far: with the same seed it makes the run again.
   *
   * @throws {Error} unless `SimulationOptions.record` is set.
   */
  schedule(): Schedule {
    if (this.#recorder === undefined) {
      throw new Error("Cannot tell the schedule: it was not recorded");
    }
    return [...this.#recorder.schedule];
  }

  /** Where another step could have run than the baseline's; empty unless recorded. */
  alternatives(): readonly Alternative[] {
    return this.#recorder?.alternatives ?? [];
  }

  /** How often a task was interrupted that could have gone on; 0 unless recorded. */
  get preemptionCount(): number {
    return this.#recorder?.preemptionCount ?? 0;
  }

  /** How many deviations of the schedule could not be made, so far. */
  get missedCount(): number {
    return this.#guide?.missedCount ?? 0;
  }

  /** Sets CLOCK_REALTIME forward or back; the monotonic clock goes on as before (man 2 clock_settime). */
  jumpClock(ms: number): void {
    this.scheduler.clock.realtimeSkewMicros += ms * 1_000;
  }

  /** Kills the daemon, loses the power and switches the machine on again. */
  crashMachine(): void {
    for (const daemon of this.#daemons) daemon.crash();
    this.machine.crash();
  }

  /**
   * Runs until every task has settled and nothing moves without time passing, or for some virtual
   * time. Call it outside of microtasks: in a synchronous test, or through `inMacrotask`.
   *
   * @throws whatever a listener throws, and mistakes of the simulator itself.
   */
  run(options: RunOptions = {}): Outcome {
    if (!canDrain()) {
      throw new Error(
        "Cannot run in a microtask: use inMacrotask, runAsync, or a synchronous test",
      );
    }
    const end = this.#endOf(options);
    const stepsEnd = this.scheduler.stepCount + this.#stepsMax;
    for (;;) {
      const outcome = this.#check(options, stepsEnd);
      if (outcome !== undefined) return outcome;
      if (this.#runStep()) continue;
      const rest = this.#rest(end);
      if (rest !== undefined) return rest;
    }
  }

  /** @ignore Code of the simulation has reached for the host's time, chance or IO. */
  caught(use: AmbientUse): void {
    this.machine.failure ??= use;
  }

  /** One step and all code that it wakes, which has no other time, chance and IO than the machine's. */
  #runStep(): boolean {
    const { scheduler } = this;
    if (this.#isTrapped) closeTrap(this);
    let step: Step | undefined;
    try {
      step = scheduler.runOneUndrained();
      if (step !== undefined) drain();
    } finally {
      openTrap();
    }
    if (step === undefined) return false;
    scheduler.tellListeners(step);
    return true;
  }

  /** Like {@linkcode run}, from anywhere and without internals of Deno, and several times slower. */
  async runAsync(options: RunOptions = {}): Promise<Outcome> {
    const end = this.#endOf(options);
    const stepsEnd = this.scheduler.stepCount + this.#stepsMax;
    for (;;) {
      await afterMicrotasks();
      const outcome = this.#check(options, stepsEnd);
      if (outcome !== undefined) return outcome;
      const step = this.scheduler.runOneUndrained();
      if (step !== undefined) {
        await afterMicrotasks();
        this.scheduler.tellListeners(step);
        continue;
      }
      const rest = this.#rest(end);
      if (rest !== undefined) return rest;
    }
  }

  /** Everything that could leak, a line each. */
  snapshot(options?: SnapshotOptions): string[] {
    return snapshot(this.machine, options);
  }

  /** What there is more ("+") and less ("-") than in an earlier snapshot. */
  leaks(baseline: readonly string[], options?: SnapshotOptions): string[] {
    return difference(baseline, this.snapshot(options));
  }

  /** Who waits for what, with the last steps if they were kept. */
  waitText(): string {
    const pending = this.scheduler.pending();
    const lines = pending.map((step) =>
      `  ${step.taskName}: ${stepText(step)}${step.isHeld ? " (held)" : ""}`
    );
    for (const task of this.#tasks) {
      if (pending.some((step) => step.task === task.task)) continue;
      lines.push(`  ${task.name}: nothing; its last step was ${task.task.lastStep}`);
    }
    lines.push(...this.#director.texts().map((it) => `  ${it}`));
    if (this.history.length > 0) lines.push("last steps:", this.history.text(SHOWN_STEPS));
    return lines.join("\n");
  }

  #endOf(options: RunOptions): number | undefined {
    return options.forMs === undefined
      ? undefined
      : this.scheduler.clock.elapsedMicros + options.forMs * 1_000;
  }

  #check(options: RunOptions, stepsEnd: number): Outcome | undefined {
    if (this.machine.failure !== undefined) throw this.machine.failure;
    if (options.until?.()) return this.#outcome("done");
    return this.scheduler.stepCount >= stepsEnd ? this.#outcome("stepsMax") : undefined;
  }

  /** Nothing can run now: lets time pass, or tells how it ended. */
  #rest(end: number | undefined): Outcome | undefined {
    const { scheduler } = this;
    if (end !== undefined) {
      const next = scheduler.nextTimerMicros;
      if (next !== undefined && next <= end && scheduler.advance()) return undefined;
      scheduler.clock.elapsedMicros = Math.max(scheduler.clock.elapsedMicros, end);
      return this.#outcome("done");
    }
    if (this.#unsettledCount === 0) return this.#outcome("done");
    if (scheduler.advance()) return undefined;
    const pending = scheduler.pending();
    const isWaiting = [...this.#tasks].some((task) =>
      pending.some((step) => step.task === task.task)
    );
    return this.#outcome(isWaiting ? "deadlock" : "escaped");
  }

  #outcome(kind: Outcome["kind"]): Outcome {
    const text = kind === "done" ? "" : `${kind} after ${this.scheduler.stepCount} steps:\n` +
      this.waitText();
    return { kind, steps: this.scheduler.stepCount, text };
  }

  #task(): Task {
    const task = currentTask.getStore();
    if (task === undefined) throw new Error("Cannot wait outside of a task of the simulation");
    return task;
  }
}

/** @internal A key of its own, if there is one. */
export function keyed(key: string | undefined): { readonly key?: string } {
  return key === undefined ? {} : { key };
}

function withMore(
  known: ReadonlyMap<string, Program>,
  more: Readonly<Record<string, Program>> | undefined,
): ReadonlyMap<string, Program> {
  return more === undefined ? known : new Map([...known, ...Object.entries(more)]);
}
