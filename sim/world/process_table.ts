import type { ExitStatus, ProcessIdentity } from "../../src/kernel/processes.ts";
import { footprints } from "../footprint.ts";
import type { Scheduler } from "../scheduler.ts";
import { AGAIN, Step } from "../step.ts";
import type { Task } from "../task.ts";
import type { Cgroups } from "./cgroups.ts";
import { refuse } from "./errors.ts";
import type { Namespace, Namespaces, NamespaceSet } from "./namespaces.ts";
import type { MachineObserver } from "./observer.ts";
import { type ContainerRole, Process } from "./process.ts";

/** Ends any process but the inits. */
export const SIGKILL = 9;
/** Sent to who writes to a pipe that nobody reads. */
export const SIGPIPE = 13;
const SIGCHLD = 17;
const SIGCONT = 18;
const SIGSTOP = 19;
const SIGURG = 23;
const SIGWINCH = 28;

/** Signals that do nothing unless they are caught (man 7 signal). */
const HARMLESS: ReadonlySet<number> = new Set([SIGCHLD, SIGCONT, SIGURG, SIGWINCH]);

const TICK_MICROS = 10_000;

/** All processes: how they come to be, get signals, die and are reaped. */
export class ProcessTable {
  readonly #processes: Map<number, Process> = new Map();
  /** Reaped or not: a start time is given out once. */
  readonly #byStartTime: Map<number, Process> = new Map();
  readonly #scheduler: Scheduler;
  readonly #cgroups: Cgroups;
  readonly #namespaces: Namespaces;
  readonly #pidMax: number;
  #pidLast = 0;
  #startTimeLast = 0;
  readonly init: Process;
  /** Looks on. */
  observer: MachineObserver | undefined;

  constructor(
    scheduler: Scheduler,
    cgroups: Cgroups,
    namespaces: Namespaces,
    pidMax: number,
    initTask: Task,
  ) {
    this.#scheduler = scheduler;
    this.#cgroups = cgroups;
    this.#namespaces = namespaces;
    this.#pidMax = pidMax;
    this.init = this.#add(initTask, undefined, namespaces.host);
    this.init.args = ["init"];
    this.init.isReaper = true;
    this.init.isSubreaper = true;
  }

  /** Zombies included, ordered by pid. */
  all(): Process[] {
    footprints.present?.touch("processes", "read");
    footprints.present?.touch("zombies", "read");
    return [...this.#processes.values()].sort((a, b) => a.pid - b.pid);
  }

  /** Those that have not ended, ordered by pid. */
  alive(): Process[] {
    footprints.present?.touch("processes", "read");
    // Who has ended is told by the set that was read.
    const alive = [...this.#processes.values()].filter((it) => footprints.unseen(() => it.isAlive));
    return alive.sort((a, b) => a.pid - b.pid);
  }

  /** Which process it is, or was, whoever has its pid now. */
  find({ pid, startTime }: ProcessIdentity): Process | undefined {
    const found = this.#byStartTime.get(startTime);
    return found?.pid === pid ? found : undefined;
  }

  get(pid: number): Process | undefined {
    footprints.present?.touch(`pid ${pid}`, "read");
    return this.#processes.get(pid);
  }

  /** A child of `parent` that inherits what fork passes on (man 2 fork). */
  fork(verb: string, parent: Process, task: Task, newPidNamespace?: Namespace): Process {
    if (this.#processes.size >= this.#pidMax - 1) refuse(verb, "EAGAIN", task.name, "no pid left");
    const namespaces = newPidNamespace === undefined
      ? parent.namespaces
      : { ...parent.namespaces, pid: newPidNamespace };
    const child = this.#add(task, parent, namespaces);
    child.isNamespaceInit = newPidNamespace !== undefined && newPidNamespace.users === 1;
    child.args = parent.args;
    child.env = parent.env;
    child.cwd = parent.cwd;
    child.root = parent.root;
    child.container = parent.container;
    child.hasExecuted = parent.hasExecuted;
    for (const [signal, disposition] of parent.dispositions) {
      child.dispositions.set(signal, disposition);
    }
    for (const [fd, file] of parent.files) child.files.set(fd, file.share());
    if (child.container !== undefined) this.observer?.joined?.(child);
    return child;
  }

  /** Says for whom a process works from now on. */
  joinContainer(process: Process, role: ContainerRole): void {
    process.container = role;
    process.hasExecuted = false;
    this.observer?.joined?.(process);
  }

  /** As if others had had all pids before this one: it is the next, if it is free. */
  skipTo(pid: number): void {
    this.#pidLast = pid - 1;
  }

  /** Puts a process into other namespaces (man 2 setns, unshare). */
  setNamespaces(process: Process, changes: Partial<NamespaceSet>): void {
    const next = { ...process.namespaces, ...changes };
    for (const namespace of Object.values(next)) this.#namespaces.acquire(namespace);
    for (const namespace of Object.values(process.namespaces)) this.#namespaces.release(namespace);
    process.namespaces = next;
  }

  /** Whether processes can be added to a PID namespace: its init, process 1 of it, must live. */
  canGrow(namespace: Namespace): boolean {
    if (namespace === this.init.namespaces.pid) return true;
    for (const process of this.#processes.values()) {
      const isInit = process.isNamespaceInit && process.namespaces.pid === namespace;
      if (isInit && !process.isDoomed) return true;
    }
    return false;
  }

  /** Delivers a signal, from `sender` or the kernel; what it does to the process is a later step. */
  signal(process: Process, signal: number, sender?: Process): void {
    if (signal !== 0) this.observer?.signalled?.(process, signal, sender);
    if (process.isDoomed || signal === 0) return;
    if (signal !== SIGKILL) {
      const disposition = process.dispositions.get(signal) ?? "default";
      if (disposition === "ignore") return;
      if (disposition === "catch") {
        process.touch("write");
        process.caught.push(signal);
        process.signalled.wake();
        return;
      }
      // The init of a PID namespace hears only what it handles (man 7 pid_namespaces).
      if (HARMLESS.has(signal) || process.isNamespaceInit || process === this.init) return;
      if (signal === SIGSTOP) return;
    }
    if (process === this.init) return;
    this.die(process, { kind: "signaled", signal });
  }

  /** Ends a process: it runs no more from now on; others see it at a step of its own. */
  die(process: Process, status: ExitStatus): void {
    if (process.isDoomed) return;
    process.state = "dying";
    process.exitStatus = status;
    this.#scheduler.dropOwner(process);
    this.#scheduler.submit(
      new Step(
        process.task,
        process,
        status.kind === "exited" ? "exit" : "die",
        status.kind === "exited" ? status.code : status.signal,
        (step) => this.#finish(process, step),
        false,
        undefined,
        undefined,
      ),
    );
  }

  /** Takes a zombie away; its pid is free. */
  reap(process: Process): void {
    if (process.state !== "zombie") return;
    process.state = "reaped";
    footprints.present?.touch("zombies", "add");
    footprints.present?.touch(`pid ${process.pid}`, "write");
    footprints.present?.touch(membersOf(process.namespaces.pid), "add");
    process.parent?.touchChildren("add");
    this.#processes.delete(process.pid);
    process.parent?.children.delete(process);
    for (const namespace of Object.values(process.namespaces)) this.#namespaces.release(namespace);
    process.changed.wake();
    this.#wakeNamespaceInit(process);
  }

  /** A zombie child that fits, or undefined. */
  zombieOf(parent: Process, pid: number | undefined): Process | undefined {
    parent.touchChildren("read");
    for (const child of inOrder(parent.children)) {
      if (child.state === "zombie" && (pid === undefined || child.pid === pid)) return child;
    }
    return undefined;
  }

  /** The power is gone. */
  clear(): void {
    for (const process of this.#processes.values()) {
      process.state = "reaped";
      this.#scheduler.dropOwner(process);
    }
    this.#processes.clear();
  }

  /**
   * The daemon's process dies without a word: no step, since whoever crashes it decides when. Its
   * children live on.
   */
  vanish(process: Process): void {
    process.state = "dying";
    process.exitStatus = { kind: "signaled", signal: SIGKILL };
    this.#becomeZombie(process);
    this.reap(process);
  }

  #add(task: Task, parent: Process | undefined, namespaces: NamespaceSet): Process {
    const ticks = Math.floor(this.#scheduler.clock.monotonicMicros / TICK_MICROS);
    this.#startTimeLast = Math.max(ticks, this.#startTimeLast + 1);
    const cgroup = parent?.cgroup ?? this.#cgroups.root;
    const process = new Process(
      this.#nextPid(),
      this.#startTimeLast,
      task,
      parent,
      cgroup,
      namespaces,
    );
    for (const namespace of Object.values(namespaces)) this.#namespaces.acquire(namespace);
    cgroup.enter(process);
    parent?.touchChildren("add");
    parent?.children.add(process);
    footprints.present?.touch("processes", "add");
    footprints.present?.touch(`pid ${process.pid}`, "write");
    footprints.present?.touch(membersOf(namespaces.pid), "add");
    this.#processes.set(process.pid, process);
    this.#byStartTime.set(process.startTime, process);
    return process;
  }

  /** Pids are given out in a ring, so that a free one comes again as late as can be (Linux, kernel/pid.c). */
  #nextPid(): number {
    footprints.present?.touch("next pid", "write");
    do this.#pidLast = this.#pidLast >= this.#pidMax - 1 ? 1 : this.#pidLast + 1; while (
      this.get(this.#pidLast) !== undefined
    );
    return this.#pidLast;
  }

  #finish(process: Process, step: Step): typeof AGAIN | undefined {
    if (process.isNamespaceInit && !this.#isAloneInNamespace(process)) {
      if (step.when === undefined) this.#zap(process);
      return step.waitFor(process.changed, () => this.#isAloneInNamespace(process));
    }
    this.#becomeZombie(process);
    return undefined;
  }

  /**
   * A PID namespace ends with its init: everything in it is killed, and the init is gone only when all
   * others were reaped, by whomever (Linux, zap_pid_ns_processes).
   */
  #zap(init: Process): void {
    for (const process of this.all()) {
      if (process === init || process.namespaces.pid !== init.namespaces.pid) continue;
      if (process.state === "zombie" && process.parent === init) this.reap(process);
      else this.signal(process, SIGKILL);
    }
  }

  #isAloneInNamespace(init: Process): boolean {
    footprints.present?.touch(membersOf(init.namespaces.pid), "read");
    for (const process of this.#processes.values()) {
      if (process !== init && process.namespaces.pid === init.namespaces.pid) return false;
    }
    return true;
  }

  #becomeZombie(process: Process): void {
    process.state = "zombie";
    footprints.present?.touch("processes", "add");
    footprints.present?.touch("zombies", "add");
    this.observer?.died?.(process);
    this.#scheduler.dropOwner(process);
    for (const file of process.files.values()) file.close();
    process.files.clear();
    this.#cgroups.leave(process);
    const heir = this.#heirOf(process);
    process.touchChildren("write");
    heir.touchChildren("add");
    for (const child of inOrder(process.children)) {
      child.parent = heir;
      heir.children.add(child);
      if (child.state === "zombie") this.#childDied(heir, child);
      if (child.parentDeathSignal !== 0) this.signal(child, child.parentDeathSignal);
    }
    process.children.clear();
    process.changed.wake();
    process.parent?.touchChildren("add");
    if (process.parent !== undefined) this.#childDied(process.parent, process);
    this.#wakeNamespaceInit(process);
  }

  #childDied(parent: Process, child: Process): void {
    parent.childChanged.wake();
    if (parent.isNamespaceInit && parent.state === "dying") return this.reap(child);
    if (!parent.isReaper || !parent.isAlive) return;
    this.#scheduler.submit(
      new Step(
        parent.task,
        parent,
        "reap",
        child.pid,
        () => this.reap(child),
        false,
        undefined,
        undefined,
      ),
    );
  }

  #wakeNamespaceInit(process: Process): void {
    const namespace = process.namespaces.pid;
    if (namespace === this.init.namespaces.pid) return;
    for (const other of this.#processes.values()) {
      if (other.isNamespaceInit && other.namespaces.pid === namespace) other.changed.wake();
    }
  }

  /** Who becomes the parent of a dead process's children (man 2 prctl, PR_SET_CHILD_SUBREAPER). */
  #heirOf(process: Process): Process {
    const namespace = process.namespaces.pid;
    let at = process.parent;
    for (; at !== undefined && at.namespaces.pid === namespace; at = at.parent) {
      if (at.isSubreaper && at.isAlive) return at;
    }
    for (const other of this.#processes.values()) {
      if (other.isNamespaceInit && other.namespaces.pid === namespace) return other;
    }
    return this.init;
  }
}

/** Which processes are in a PID namespace, for footprints. */
function membersOf(namespace: Namespace): string {
  return `processes of namespace ${namespace.number}`;
}

/** The oldest first, whoever became whose child first: so those who come and go commute. */
function inOrder(processes: ReadonlySet<Process>): Iterable<Process> {
  if (processes.size < 2) return processes;
  return [...processes].sort((a, b) => a.startTime - b.startTime);
}
