import type { ExitStatus, ProcessIdentity } from "../../src/kernel/processes.ts";
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
  readonly containerId: string;
  readonly role: "init" | "exec";
}

/** A process of the simulated machine. */
export class Process {
  readonly children: Set<Process> = new Set();
  readonly files: Map<number, OpenFile> = new Map();
  readonly dispositions: Map<number, Disposition> = new Map();
  /** Signals that it catches and has not looked at. */
  readonly caught: number[] = [];
  args: readonly string[] = [];
  env: Readonly<Record<string, string>> = {};
  cwd = "/";
  /** Taken for `/` by its paths; undefined: the machine's own. */
  root: Place | undefined;
  isSubreaper = false;
  /** Sent to it when its parent dies; 0 for none (man 2 prctl, PR_SET_PDEATHSIG). */
  parentDeathSignal = 0;
  state: ProcessState = "alive";
  exitStatus: ExitStatus | undefined;
  container: ContainerRole | undefined;
  /** Whether it became the container's own program, or descends from one that did. */
  hasExecuted = false;
  /** Reaps its children without being asked, as init and the daemon's event loop do. */
  isReaper = false;
  /** Woken when it dies or is reaped. */
  readonly changed: WaitQueue = new WaitQueue();
  /** Woken when one of its children dies. */
  readonly childChanged: WaitQueue = new WaitQueue();
  /** Woken when a signal comes that it catches. */
  readonly signalled: WaitQueue = new WaitQueue();

  constructor(
    readonly pid: number,
    readonly startTime: number,
    readonly task: Task,
    public parent: Process | undefined,
    public cgroup: Cgroup,
    public namespaces: NamespaceSet,
  ) {}

  get identity(): ProcessIdentity {
    return { pid: this.pid, startTime: this.startTime };
  }

  /** Neither a zombie nor reaped. */
  get isAlive(): boolean {
    return this.state === "alive" || this.state === "dying";
  }

  /** The first process of a PID namespace of its own: it alone decides which signals it hears. */
  isNamespaceInit = false;
}
