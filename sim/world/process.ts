import type { ExitStatus, ProcessIdentity } from "../../src/kernel/processes.ts";
import { type Access, footprints } from "../footprint.ts";
import { WaitQueue } from "../step.ts";
import type { Task } from "../task.ts";
import type { Cgroup } from "./cgroups.ts";
import type { NamespaceSet } from "./namespaces.ts";
import type { OpenFile } from "./open_file.ts";
import type { Place } from "./place.ts";

/** What a process does with a signal (man 7 signal). */
export type Disposition = "default" | "ignore" | "catch";

/** `dying`: it will not run again, but its death has not been seen yet. */
export type ProcessState = "alive" | "dying" | "zombie" | "reaped";

/** Which container a process is of, as runc's init and exec know it. */
export interface ContainerRole {
  /** A sandbox's id for its pause process. */
  readonly containerId: string;
  /** `init` is process 1 of the container, `exec` what was executed in it later; both with their descendants. */
  readonly role: "init" | "exec";
}

/** A process of the simulated machine. */
export class Process {
  /** Alive or zombies. */
  readonly children: Set<Process> = new Set();
  /** @internal */
  readonly files: Map<number, OpenFile> = new Map();
  /** @internal */
  readonly dispositions: Map<number, Disposition> = new Map();
  /** Signals that it catches and has not looked at. */
  readonly caught: number[] = [];
  #args: readonly string[] = [];
  #env: Readonly<Record<string, string>> = {};
  #parent: Process | undefined;
  /** Absolute. */
  cwd = "/";
  /** @internal Taken for `/` by its paths; undefined: the machine's own. */
  root: Place | undefined;
  /** Whether orphans below it become its children (man 2 prctl, PR_SET_CHILD_SUBREAPER). */
  isSubreaper = false;
  /** Sent to it when its parent dies; 0 for none (man 2 prctl, PR_SET_PDEATHSIG). */
  parentDeathSignal = 0;
  /** How it ended; undefined while it lives. */
  exitStatus: ExitStatus | undefined;
  /** The container that it belongs to; undefined for processes of the machine's own. */
  container: ContainerRole | undefined;
  /** Whether it became the container's own program, or descends from one that did. */
  hasExecuted = false;
  /** @internal When it came to its cgroup. */
  enteredMicros = 0;
  /** Reaps its children without being asked, as init and the daemon's event loop do. */
  isReaper = false;
  #state: ProcessState = "alive";
  /** @internal Woken when it dies or is reaped. */
  readonly changed: WaitQueue = new WaitQueue();
  /** @internal Woken when one of its children dies. */
  readonly childChanged: WaitQueue = new WaitQueue();
  /** @internal Woken when a signal comes that it catches. */
  readonly signalled: WaitQueue = new WaitQueue();

  /** @internal Forking makes one. */
  constructor(
    /** Recycled once it is reaped. */
    readonly pid: number,
    /** Clock ticks since boot, as the 22nd field of /proc/PID/stat has it. */
    readonly startTime: number,
    /** @internal */
    readonly task: Task,
    parent: Process | undefined,
    /** @internal */
    public cgroup: Cgroup,
    /** @internal */
    public namespaces: NamespaceSet,
  ) {
    this.#parent = parent;
  }

  /** As the process table shows them, the program's name first. */
  get args(): readonly string[] {
    this.#touchRow("read");
    return this.#args;
  }

  set args(args: readonly string[]) {
    this.#touchRow("write");
    this.#args = args;
  }

  /** The whole environment. */
  get env(): Readonly<Record<string, string>> {
    this.#touchRow("read");
    return this.#env;
  }

  set env(env: Readonly<Record<string, string>>) {
    this.#touchRow("write");
    this.#env = env;
  }

  /** Undefined for init alone. */
  get parent(): Process | undefined {
    this.#touchRow("read");
    return this.#parent;
  }

  set parent(parent: Process | undefined) {
    this.#touchRow("write");
    this.#parent = parent;
  }

  /** What is left of it. */
  get state(): ProcessState {
    this.touch("read");
    this.#touchDeath("read");
    this.#touchReaping("read");
    return this.#state;
  }

  set state(state: ProcessState) {
    // Each is for good, so who asks for one of them need not see another one.
    if (state === "dying") this.touch("write");
    else if (state === "zombie") this.#touchDeath("write");
    else this.#touchReaping("write");
    this.#state = state;
  }

  /** Whether it will run no more, seen by others or not. */
  get isDoomed(): boolean {
    this.touch("read");
    return this.#state !== "alive";
  }

  /** Whether nothing is left of it, not even its pid. */
  get isReaped(): boolean {
    this.#touchReaping("read");
    return this.#state === "reaped";
  }

  /** @internal Which one of the machine it is, whatever its pid. */
  get label(): string {
    return `process ${this.task.key}`;
  }

  /** @internal The present step uses it. */
  touch(access: Access): void {
    footprints.present?.touch(this.label, access);
  }

  #touchDeath(access: Access): void {
    footprints.present?.touch(`death of ${this.label}`, access);
  }

  /** What the process table shows of it. */
  #touchRow(access: Access): void {
    footprints.present?.touch(`row of ${this.label}`, access);
  }

  #touchReaping(access: Access): void {
    footprints.present?.touch(`reaping of ${this.label}`, access);
  }

  /** @internal The present step uses the set of its children. */
  touchChildren(access: Access): void {
    footprints.present?.touch(`children ${this.task.key}`, access);
  }

  /** Which process it is, whatever becomes of its pid. */
  get identity(): ProcessIdentity {
    return { pid: this.pid, startTime: this.startTime };
  }

  /** Neither a zombie nor reaped. */
  get isAlive(): boolean {
    this.#touchDeath("read");
    return this.#state === "alive" || this.#state === "dying";
  }

  /** The first process of a PID namespace of its own: it alone decides which signals it hears. */
  isNamespaceInit = false;
}
