import type { CgroupUsage } from "../../src/kernel/cgroups.ts";
import { type Access, footprints } from "../footprint.ts";
import { WaitQueue } from "../step.ts";
import { refuse } from "./errors.ts";
import type { Process } from "./process.ts";

/** A control group (man 7 cgroups). */
export class Cgroup {
  readonly children: Map<string, Cgroup> = new Map();
  /** Zombies are not among them. */
  readonly processes: Set<Process> = new Set();
  oomKills = 0;
  /** How many processes were ever in it or below it. */
  #joinedCount = 0;
  /** CPU time of processes that have left it, or a group below it. */
  #spentMicros = 0;
  readonly #limits = new Map<string, string>();
  /** Woken when a process comes or goes. */
  readonly changed: WaitQueue = new WaitQueue();

  constructor(
    readonly parent: Cgroup | undefined,
    readonly name: string,
    /** @internal Time, in microseconds. */
    readonly nowMicros: () => number,
  ) {}

  get path(): string {
    return this.parent === undefined ? "/" : `${this.parent.path.replace(/\/$/, "")}/${this.name}`;
  }

  /** The present step uses the set of its processes. */
  touch(access: Access): void {
    footprints.present?.touch(`cgroup ${this.path}`, access);
  }

  /** The present step uses the set of the groups in it. */
  touchChildren(access: Access): void {
    footprints.present?.touch(`groups of ${this.path}`, access);
  }

  /** The present step uses what has the name of one of them, if anything has. */
  touchChild(name: string, access: Access): void {
    const { present } = footprints;
    if (present === undefined) return;
    present.touch(`group ${this.path}/${name}`, access);
    if (access === "write") this.touchChildren("add");
  }

  /** The present step uses its limits. */
  touchLimits(access: Access): void {
    footprints.present?.touch(`limits of ${this.path}`, access);
  }

  /** Its limits by their files, as far as there are any; sorted. */
  limits(): readonly (readonly [file: string, value: string])[] {
    return [...this.#limits].sort();
  }

  /** What is in one of its files, or in the nearest of a group above it that has something there. */
  effective(file: "cpuset.cpus" | "cpuset.mems"): string {
    this.touchLimits("read");
    return this.#limits.get(file) ?? this.parent?.effective(file) ?? UNLIMITED[file] ?? "";
  }

  /**
   * Sets a limit, or takes it away.
   *
   * @throws {KernelError} ENOENT for a file that no group has; EINVAL for a value that the kernel refuses.
   */
  setLimit(verb: string, file: string, value: string): void {
    this.touchLimits("write");
    if (!(file in UNLIMITED)) refuse(verb, "ENOENT", `${file} of ${this.path}`);
    if (isRefused(file, value)) refuse(verb, "EINVAL", `${file} of ${this.path}`);
    if (isUnlimited(file, value)) this.#limits.delete(file);
    else this.#limits.set(file, value);
  }

  /** @internal A process comes; what it spends is charged here and above from now on. */
  enter(process: Process): void {
    this.touch("add");
    process.cgroup = this;
    process.enteredMicros = this.nowMicros();
    this.processes.add(process);
    this.#charge(1, 0);
    this.changed.wake();
  }

  /** @internal A process goes; what it has spent stays with the groups. */
  leave(process: Process): void {
    this.touch("add");
    if (!this.processes.delete(process)) return;
    this.#charge(0, this.#spentBy(process));
    this.changed.wake();
  }

  /**
   * What has been used: each process keeps a CPU of its own busy, and has a mebibyte of memory of its own. What
   * of its program was read from a disk is in no use any more, and stays charged.
   */
  usage(): CgroupUsage {
    const running = this.allProcesses();
    const spent = running.reduce((sum, it) => sum + it.cgroup.#spentBy(it), this.#spentMicros);
    const anonymousBytes = running.length * MEMORY_BYTES;
    const inactiveFileBytes = this.#joinedCount * PROGRAM_BYTES;
    return {
      cpuMicros: spent,
      memory: {
        usedBytes: anonymousBytes + inactiveFileBytes,
        inactiveFileBytes,
        anonymousBytes,
        pageFaults: this.#joinedCount * FAULTS,
        majorPageFaults: this.#joinedCount,
        limitBytes: this.#limitOf("memory.max"),
        swap: { usedBytes: 0, limitBytes: this.#limitOf("memory.swap.max") },
      },
      cpuPressure: undefined,
      memoryPressure: undefined,
      ioPressure: undefined,
    };
  }

  #spentBy(process: Process): number {
    return this.nowMicros() - process.enteredMicros;
  }

  #limitOf(file: string): number | undefined {
    this.touchLimits("read");
    const limit = this.#limits.get(file);
    return limit === undefined ? undefined : Number(limit);
  }

  #charge(joined: number, spentMicros: number): void {
    this.#joinedCount += joined;
    this.#spentMicros += spentMicros;
    if (this.parent !== undefined) this.parent.#charge(joined, spentMicros);
  }

  /** The processes in it and below it, ordered by pid. */
  allProcesses(): Process[] {
    this.touch("read");
    this.touchChildren("read");
    const found = [...this.processes];
    for (const child of this.children.values()) found.push(...child.allProcesses());
    return found.sort((a, b) => a.pid - b.pid);
  }
}

const MEMORY_BYTES = 1 << 20;
const PROGRAM_BYTES = 1 << 18;
/** Of the page faults of a process, one waited for its program. */
const FAULTS = 100;

/** What a new group has in its files (cgroup-v2.rst). */
const UNLIMITED: Readonly<Record<string, string>> = {
  "cpuset.cpus": "0-1",
  "cpuset.mems": "0",
  "cpu.max": "max 100000",
  "cpu.weight": "100",
  "memory.high": "max",
  "memory.low": "0",
  "memory.max": "max",
  "memory.min": "0",
  "memory.swap.max": "max",
  "pids.max": "max",
};
/** Whether a limit is none: what a new group has. */
export function isUnlimited(file: string, value: string): boolean {
  return UNLIMITED[file] === value;
}

/** Of a machine with two CPUs and one node of memory. */
const CPUS = /^(0|1|0-1|0,1)$/;
/** The least CPU time that a period can be given, in microseconds (kernel/sched/core.c, min_cfs_quota_period). */
const QUOTA_MIN = 1_000;

function isRefused(file: string, value: string): boolean {
  switch (file) {
    case "cpu.max":
      return Number(/^\d+/.exec(value)?.[0] ?? Infinity) < QUOTA_MIN;
    case "cpu.weight":
      return Number(value) < 1 || Number(value) > 10_000;
    case "cpuset.cpus":
      return !CPUS.test(value);
    case "cpuset.mems":
      return value !== "0";
    default:
      return false;
  }
}

/** The groups, named by path, as if all hierarchies were one. */
export class Cgroups {
  readonly root: Cgroup;

  /** @param nowMicros time since any moment, by which what processes use is accounted */
  constructor(readonly nowMicros: () => number) {
    this.root = new Cgroup(undefined, "", nowMicros);
  }

  find(path: string): Cgroup | undefined {
    let group: Cgroup | undefined = this.root;
    for (const name of path.split("/").filter(Boolean)) {
      group?.touchChild(name, "read");
      group = group?.children.get(name);
    }
    return group;
  }

  create(path: string): Cgroup {
    let group = this.root;
    for (const name of path.split("/").filter(Boolean)) {
      let child = group.children.get(name);
      group.touchChild(name, child === undefined ? "write" : "read");
      if (child === undefined) {
        group.children.set(name, child = new Cgroup(group, name, this.nowMicros));
      }
      group = child;
    }
    return group;
  }

  move(process: Process, group: Cgroup): void {
    this.leave(process);
    process.touch("write");
    group.enter(process);
  }

  leave(process: Process): void {
    process.cgroup.leave(process);
  }

  /** @throws {KernelError} EBUSY while a process is in it or below it. */
  remove(verb: string, path: string): void {
    const group = this.find(path);
    if (group === undefined) return;
    if (group.parent === undefined || group.allProcesses().length > 0) refuse(verb, "EBUSY", path);
    group.parent.touchChild(group.name, "write");
    group.parent.children.delete(group.name);
  }

  /** The paths of all groups but the root, sorted. */
  paths(): string[] {
    const paths: string[] = [];
    const visit = (group: Cgroup): void => {
      for (const child of group.children.values()) {
        paths.push(child.path);
        visit(child);
      }
    };
    visit(this.root);
    return paths.sort();
  }
}
