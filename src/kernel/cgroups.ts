/** What processes may run on and take memory from (man 7 cpuset). */
export interface Cpuset {
  /** CPUs, as a list ("0-3,7"). */
  readonly cpus: string;
  /** Memory nodes, as a list ("0-1"). */
  readonly mems: string;
}

/** How much time was lost to waiting. */
export interface Stall {
  /** Percent of the last 10 s. */
  readonly avg10: number;
  /** Percent of the last 60 s. */
  readonly avg60: number;
  /** Percent of the last 300 s. */
  readonly avg300: number;
  /** In microseconds, since the group was made. */
  readonly totalMicros: number;
}

/** Waiting for one resource (Documentation/accounting/psi.rst). */
export interface Pressure {
  /** At least one thread waited. */
  readonly some: Stall;
  /** All that had work waited; undefined where the kernel does not tell. */
  readonly full: Stall | undefined;
}

/** Swap space of a group. */
export interface SwapUsage {
  /** Of the group and its descendants. */
  readonly usedBytes: number;
  /** What it may use, as memory's limit is meant; undefined: no limit. */
  readonly limitBytes: number | undefined;
}

/** Memory that is charged to a group, with its descendants. */
export interface MemoryUsage {
  /** All of it, caches of files among it. */
  readonly usedBytes: number;
  /** Of caches, what would be given up first. More than `usedBytes` for moments: they are counted apart. */
  readonly inactiveFileBytes: number;
  /** Anonymous memory. */
  readonly anonymousBytes: number;
  /** Since the group was made, all of them. */
  readonly pageFaults: number;
  /** Of the page faults, those that waited for a disk. */
  readonly majorPageFaults: number;
  /**
   * What may be used: of version 1 the least of the limits from here to the root, of version 2 the group's own.
   * Undefined: no limit.
   */
  readonly limitBytes: number | undefined;
  /** Undefined where the kernel counts none. */
  readonly swap: SwapUsage | undefined;
}

/** What a group has used, with its descendants; undefined is what no hierarchy of this host counts. */
export interface CgroupUsage {
  /** CPU time in microseconds, of all CPUs, since the group was made. Never gets less. */
  readonly cpuMicros: number | undefined;
  /** Memory and swap. */
  readonly memory: MemoryUsage | undefined;
  /** Waiting for a CPU. */
  readonly cpuPressure: Pressure | undefined;
  /** Waiting for memory. */
  readonly memoryPressure: Pressure | undefined;
  /** Waiting for disks. */
  readonly ioPressure: Pressure | undefined;
}

/**
 * Control groups, named by their path below the root ("/slipway/a1b2"), in every hierarchy that the
 * host has mounted: version 1, 2 or hybrid (man 7 cgroups).
 */
export interface Cgroups {
  /**
   * A hint that some program is about to move a process into a group: what the kernel needs time for
   * is begun meanwhile. Changes nothing, never fails, and nobody waits for it.
   */
  expectMove(): void;

  /** Creates a group and its parents in every hierarchy; existing is fine. */
  create(path: string): Promise<void>;

  /** The processes in the group and its descendants, sorted by pid, zombies left out; none if absent. */
  processes(path: string): Promise<readonly number[]>;

  /**
   * Sends SIGKILL to every process in the group and its descendants: at once where the kernel offers
   * cgroup.kill, else one after another, so that a forking process may leave some; repeat until
   * `processes` is empty. Absent is fine.
   */
  kill(path: string): Promise<void>;

  /**
   * Removes the group and its descendants from every hierarchy; absent is fine.
   *
   * @throws {KernelError} EBUSY while processes are in it.
   */
  remove(path: string): Promise<void>;

  /** How often the kernel killed a process of the group for want of memory (memory.events, oom_kill); 0 if absent. */
  oomKills(path: string): Promise<number>;

  /**
   * What the processes of the group may use, set there or further up; undefined where the group is absent
   * or nothing of the kind is limited on this host.
   */
  cpuset(path: string): Promise<Cpuset | undefined>;

  /**
   * What the group and its descendants have used (cgroup-v2.rst; cgroup-v1/cpuacct.rst, memory.rst); undefined
   * where the group is absent. Not of one moment: it is read from several files. Of a group that goes
   * meanwhile parts may be missing.
   *
   * @throws {KernelError} EINVAL for a file that says what it cannot say, with the file as the subject.
   */
  usage(path: string): Promise<CgroupUsage | undefined>;

  /** How many processes are in the group and its descendants, zombies left out; 0 if absent. */
  processCount(path: string): Promise<number>;
}
