import { type Errno, KernelError } from "../src/kernel/errno.ts";
import type { Program } from "./programs/program.ts";
import { Prng } from "./random.ts";
import type { Guide } from "./schedule/guide.ts";
import type { Recorder } from "./schedule/recorder.ts";
import type { Scheduler } from "./scheduler.ts";
import { type Step, WaitQueue } from "./step.ts";
import type { Task } from "./task.ts";
import type { WatchFaults } from "./world/watch.ts";

/** Makes calls of the port fail. */
export interface CallFault {
  /** Matched against "verb arguments", as histories show them. */
  readonly call: RegExp;
  /** What it fails with. Choose one that the verb's documentation names. */
  readonly errno: Errno;
  /** Of each call that matches. */
  readonly probability: number;
  /** The one call that it strikes, counted from 0, whatever the probability; none unless given. */
  readonly nth?: number;
  /** The call is done, and answers with the error all the same; only where the port allows that. */
  readonly isAfterEffect?: boolean;
}

/** Makes programs misbehave. */
export interface ProgramFault {
  /** Matched against the command line. */
  readonly program: RegExp;
  /**
   * `hang`: waits at a system call until faults are switched off. `kill`: is killed at one, `oom`: for want of memory, which
   * its cgroup counts. `slow`: waits `slowMs` before one. `fail-before` and `fail-after`: ends with code 1 before or after its work.
   */
  readonly kind: "hang" | "kill" | "oom" | "slow" | "fail-before" | "fail-after";
  /** Of each system call, or of each execution for the `fail-` kinds. */
  readonly probability: number;
  /** The one point that it strikes, counted from 0, whatever the probability; none unless given. */
  readonly nth?: number;
  /** Of virtual time, for `slow`; 0 unless given. */
  readonly slowMs?: number;
}

/** A part of a run in which things go wrong. */
export interface FaultSpell {
  /** Its first step, counted from the beginning of the simulation. */
  readonly fromStep: number;
  /** The step that is not in it any more. */
  readonly toStep: number;
}

/** What may go wrong, and how often. Everything is off unless it is named. */
export interface FaultOptions {
  /** When something goes wrong: at any time unless given. */
  readonly spell?: FaultSpell;
  /**
   * Timers fire although something else can run: everything is slow on a loaded machine. Probability
   * of each step.
   */
  readonly slowness?: number;
  /** Calls of the port that fail. The first that matches and is drawn counts. */
  readonly calls?: readonly CallFault[];
  /** Programs of the machine that misbehave. The first that matches and is drawn counts. */
  readonly programs?: readonly ProgramFault[];
  /** Probability of each directory event to be late, doubled, or lost in an overflow of the queue. */
  readonly watch?: { readonly late?: number; readonly twice?: number; readonly overflow?: number };
}

/** A kind of fault and where Linux does it. */
export interface FaultEntry {
  /** The kind of fault, as `FaultOptions` or a method has it. */
  readonly name: string;
  /** The manual page or specification that says so. */
  readonly source: string;
}

/** The catalogue: every fault that the simulator knows, and where it comes from. */
export const FAULTS: readonly FaultEntry[] = [
  { name: "slowness", source: "man 7 sched: nothing bounds how long a process is not run" },
  { name: "calls: ENOSPC, EDQUOT", source: "man 2 write, ERRORS" },
  { name: "calls: EIO", source: "man 2 write, fsync, ERRORS: the medium failed" },
  { name: "calls: EMFILE, ENFILE", source: "man 2 open, ERRORS" },
  { name: "calls: EAGAIN, ENOMEM of spawn", source: "man 2 fork, ERRORS" },
  { name: "calls after effect", source: "man 2 close, fsync: what was written may be there" },
  { name: "programs: hang", source: "man 5 proc, stat: state D; a stopped or deadlocked runtime" },
  {
    name: "programs: kill",
    source: "man 7 cgroups, memory.events: the OOM killer takes any process",
  },
  { name: "programs: oom", source: "man 7 cgroups, memory.events, oom_kill" },
  { name: "programs: slow", source: "man 7 cgroups, cpu.max: a throttled group" },
  { name: "programs: fail", source: "CNI SPEC.md, Error: a plugin may fail after it has acted" },
  { name: "watch: late, twice, overflow", source: "man 7 inotify, IN_Q_OVERFLOW" },
  { name: "Daemon.crash", source: "man 7 signal, SIGKILL; man 5 systemd.service, Restart=" },
  {
    name: "Simulation.crashMachine",
    source: "man 2 fsync, NOTES: what was not synced may be lost",
  },
  {
    name: "Context.cancel",
    source: "gRPC: a client may cancel, or its deadline pass, at any time",
  },
];

const LATE_MICROS_MAX = 5_000_000;

/** Who says which faults strike, if not chance; and who wants to know. */
export interface FaultDecisions {
  /** Says which faults strike; unless given they are drawn from the seed. */
  readonly guide?: Guide | undefined;
  /** Is told of every fault that strikes. */
  readonly recorder?: Recorder | undefined;
}

/** Lets faults strike: drawn from the seed, or as a schedule says. */
export class Faults implements WatchFaults {
  /** @internal Woken when they are switched off: what hangs goes on then. */
  readonly healed: WaitQueue = new WaitQueue();
  #isOn = true;
  /** @internal */
  decisions: FaultDecisions = {};
  readonly #seed: number;
  readonly #options: FaultOptions;
  readonly #random: Prng;
  readonly #scheduler: Scheduler;
  readonly #describe: (step: Step) => string;
  /** At how many points a fault that strikes one of them could have so far. */
  readonly #pointCounts = new Map<CallFault | ProgramFault, number>();
  /** The present step, as faults are matched against it. */
  #described = { at: 0, text: "" };
  /** Directory events of the present step so far. */
  #events = { at: "", count: 0 };

  /** @internal A simulation has its own. */
  constructor(
    seed: number,
    options: FaultOptions,
    scheduler: Scheduler,
    describe: (step: Step) => string,
  ) {
    this.#seed = seed;
    this.#options = options;
    this.#random = new Prng(seed, "faults");
    this.#scheduler = scheduler;
    this.#describe = describe;
  }

  /** False: nothing new goes wrong, until it is true again, and what hangs goes on. */
  get isOn(): boolean {
    return this.#isOn;
  }

  set isOn(isOn: boolean) {
    this.#isOn = isOn;
    if (!isOn) this.healed.wake();
  }

  /** @internal The probability that a timer fires before the next step. */
  get slowness(): number {
    return this.isOn ? this.#options.slowness ?? 0 : 0;
  }

  /** @internal */
  get hasCallFaults(): boolean {
    return (this.#options.calls?.length ?? 0) > 0;
  }

  /** @internal */
  get hasWatchFaults(): boolean {
    return this.#options.watch !== undefined;
  }

  /** @internal */
  get hasProgramFaults(): boolean {
    return (this.#options.programs?.length ?? 0) > 0;
  }

  /** @internal The error that a call of the port gets instead of, or after, its effect. */
  failure(step: Step, isAfterEffect: boolean): KernelError | undefined {
    if (!this.isOn || !step.verb.includes(".")) return undefined;
    for (const fault of this.#options.calls ?? []) {
      if ((fault.isAfterEffect ?? false) !== isAfterEffect) continue;
      const text = this.#textOf(step);
      if (!fault.call.test(text)) continue;
      const what = `${fault.errno}${isAfterEffect ? " after the effect" : ""}`;
      if (!this.#strikesWith(fault, step.key, what)) continue;
      return new KernelError(step.verb.slice(step.verb.indexOf(".") + 1), fault.errno, text, {
        detail: "injected",
      });
    }
    return undefined;
  }

  /** Made when it is needed, and once: of a large subject it costs more than the call itself. */
  #textOf(step: Step): string {
    const { stepCount } = this.#scheduler;
    if (this.#described.at !== stepCount) {
      this.#described = { at: stepCount, text: this.#describe(step) };
    }
    return this.#described.text;
  }

  /** @internal What happens to a program at its next system call. */
  atSystemCall(task: Task): ProgramFault | undefined {
    if (!this.isOn) return undefined;
    return this.#options.programs?.find((fault) =>
      !fault.kind.startsWith("fail") && fault.program.test(task.name) &&
      this.#strikesWith(fault, `${task.key}#${task.seqNext}`, fault.kind)
    );
  }

  /** @internal A program that fails before or after its work, if one is drawn. */
  replace(commandLine: string, program: Program): Program {
    if (!this.isOn) return program;
    const fault = this.#options.programs?.find((it) =>
      it.kind.startsWith("fail") && it.program.test(commandLine) &&
      this.#strikesWith(it, this.#stepKey, it.kind)
    );
    if (fault === undefined) return program;
    return async (sys) => {
      if (fault.kind === "fail-after") await program(sys);
      await sys.write(2, `${sys.args[0]}: injected failure\n`).catch(() => {});
      return 1;
    };
  }

  /** @internal What becomes of a directory event. */
  fate(): ReturnType<WatchFaults["fate"]> {
    const watch = this.#options.watch;
    if (!this.isOn || watch === undefined) return "reported";
    const at = this.#eventKey();
    if (this.#strikes(at, "event overflow", watch.overflow ?? 0)) return "overflow";
    if (this.#strikes(at, "event twice", watch.twice ?? 0)) return "twice";
    if (this.#strikes(at, "event late", watch.late ?? 0)) {
      // Drawn apart, so that it is the same when a schedule says that it strikes.
      return { lateByMicros: 1 + new Prng(this.#seed, at).below(LATE_MICROS_MAX) };
    }
    return "reported";
  }

  /** @internal Delivers a late directory event. */
  delay(micros: number, deliver: () => void): void {
    this.#scheduler.after(this.#scheduler.interruptTask, this, micros, deliver);
  }

  /** Whether what may go wrong is due at the present step: see {@linkcode FaultOptions.spell}. */
  get isSpell(): boolean {
    const { spell } = this.#options;
    const { stepCount } = this.#scheduler;
    return spell === undefined || (stepCount >= spell.fromStep && stepCount < spell.toStep);
  }

  /** Whether a fault strikes at one of the points where it can, which are counted. */
  #strikesWith(fault: CallFault | ProgramFault, at: string, what: string): boolean {
    if (fault.nth === undefined) return this.#strikes(at, what, fault.probability);
    const count = this.#pointCounts.get(fault) ?? 0;
    this.#pointCounts.set(fault, count + 1);
    return this.#strikes(at, what, count === fault.nth ? 1 : 0);
  }

  /** The one place where it is decided. */
  #strikes(at: string, what: string, probability: number): boolean {
    const { guide, recorder } = this.decisions;
    const strikes = guide?.strikes(at, what) ??
      (this.isSpell && this.#random.chance(probability));
    if (strikes) recorder?.fault(at, what);
    return strikes;
  }

  get #stepKey(): string {
    return this.#scheduler.currentKey;
  }

  /** Each event of a step has a name of its own. */
  #eventKey(): string {
    const at = this.#stepKey;
    this.#events = { at, count: this.#events.at === at ? this.#events.count + 1 : 0 };
    return this.#events.count === 0 ? at : `${at}/${this.#events.count}`;
  }
}
