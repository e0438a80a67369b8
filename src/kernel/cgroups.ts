/** What processes may run on and take memory from (man 7 cpuset). */
export interface Cpuset {
  /** CPUs, as a list ("0-3,7"). */
  readonly cpus: string;
  /** Memory nodes, as a list ("0-1"). */
  readonly mems: string;
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
}
