import { DEFAULT_CONFIG } from "../../src/config.ts";
import { containersDirectory } from "../../src/container/paths.ts";
import { SIGKILL } from "../../src/kernel/processes.ts";
import { sandboxFilesDirectory } from "../../src/sandbox/paths.ts";
import type { Machine } from "../world/machine.ts";
import { filesBelow } from "../world/snapshot.ts";
import type { Pace } from "./pace.ts";

/**
 * What may befall a machine, and where that happens:
 *
 * | kind              | what                                                      | source                        |
 * | ----------------- | --------------------------------------------------------- | ----------------------------- |
 * | daemon killed     | SIGKILL of the daemon alone                               | systemd.kill(5), process      |
 * | service killed    | of the daemon, its conmons and helpers                    | systemd.kill(5), control-group |
 * | power lost        | of everything; the disk keeps what was synced, and more   | man 2 fsync, NOTES            |
 * | conmon killed     | of one conmon                                             | man 5 proc, oom_score_adj     |
 * | out of memory     | the kernel kills a process of a container                 | man 7 cgroups, memory.events  |
 * | clock set         | CLOCK_REALTIME forward or back, by up to days             | man 2 clock_settime           |
 * | pid taken         | a stranger gets the pid that the init of a container had  | man 5 proc, pid_max: they wrap |
 * | daemon stopped    | SIGTERM of the daemon, which ends in order                | systemd.kill(5), KillSignal   |
 * | file removed      | one of those that the runtime keeps for pods, by somebody | man 5 tmpfiles.d, AGE         |
 * | mount removed     | one of a pod's, by somebody                               | man 8 umount                  |
 */
export const INCIDENT_KINDS = [
  "daemon killed",
  "service killed",
  "power lost",
  "conmon killed",
  "out of memory",
  "clock set",
  "pid taken",
  "daemon stopped",
  "file removed",
  "mount removed",
] as const;

/** Somebody takes away what is the runtime's alone. */
export const REMOVAL_KINDS = [
  "file removed",
  "mount removed",
] as const satisfies readonly IncidentKind[];

/** What befalls the machine. */
export type IncidentKind = typeof INCIDENT_KINDS[number];

/** Where the runtime keeps what belongs to pods. Its database and the images are apart. */
const KEPT_FOLDERS = [
  DEFAULT_CONFIG.state,
  containersDirectory(DEFAULT_CONFIG),
  sandboxFilesDirectory(DEFAULT_CONFIG),
];

/** Something that befalls the machine at some point of a run. */
export interface Incident {
  readonly kind: IncidentKind;
  /** Steps after the incident before, or after the clients have begun. */
  readonly afterSteps: number;
  /** Which steps those are; any unless given. */
  readonly pace?: Pace;
  /**
   * Where the daemon is killed, or has ended: how long it is away, of virtual time, and others take pids
   * meanwhile; not at all unless given.
   */
  readonly awayMs?: number;
  /**
   * Which of those that it can hit, counted round; of "clock set" the seconds, below 0 for back; of "daemon
   * stopped" for how many of its steps the grace periods last, 0 for their time.
   */
  readonly choice: number;
}

/** Kills what belongs to the daemon's service beside it: its control group is the root here. */
export function killService(machine: Machine): void {
  for (const process of machine.processes.all()) {
    if (process.cgroup !== machine.cgroups.root || process === machine.processes.init) continue;
    machine.processes.signal(process, SIGKILL);
  }
}

/** Kills one conmon, if there is any. */
export function killConmon(machine: Machine, choice: number): void {
  const conmons = machine.processes.all().filter((it) => it.isAlive && it.args[0] === "conmon");
  const victim = pick(conmons, choice);
  if (victim !== undefined) machine.processes.signal(victim, SIGKILL);
}

/** Lets the kernel kill a process of a container, executed or not, if there is any. */
export function runOutOfMemory(machine: Machine, choice: number): void {
  const candidates = machine.processes.all().filter((it) =>
    it.state === "alive" && it.container !== undefined && it.cgroup !== machine.cgroups.root
  );
  const victim = pick(candidates, choice);
  if (victim !== undefined) machine.oomKill(victim.cgroup.path, victim);
}

/** Removes a file that is kept for a pod or a container, if there is any; one with a mount on it is busy. */
export function removeFile(machine: Machine, choice: number): void {
  const { tree } = machine;
  const files = KEPT_FOLDERS.flatMap((folder) => filesBelow(machine, folder));
  const file = pick(files.filter((path) => tree.mountsBelow(path).length === 0), choice);
  if (file !== undefined) tree.unlink("unlink", tree.parentOf("unlink", file));
}

/** Unmounts a namespace's pin, a root file system or /dev/shm, if there is any. */
export function removeMount(machine: Machine, choice: number): void {
  const mount = pick(machine.tree.mountsBelow(DEFAULT_CONFIG.state), choice);
  if (mount !== undefined) machine.unmount("umount2", mount.target);
}

/** What nobody of the runtime's has anything to do with. */
const STRANGER = "stranger";

/**
 * As many processes have come and gone as there are pids, and the next one stays: it has the pid that the
 * init of a container had, if there is one that is free.
 */
export function takePid(machine: Machine, choice: number): void {
  const free = [...machine.inits.values()].filter(({ pid, state }) =>
    state === "reaped" && machine.processes.get(pid) === undefined
  );
  const { pid } = pick(free, choice) ?? {};
  if (pid !== undefined) machine.startStranger(STRANGER, pid);
}

/** Those that took a pid end: they are no part of what a run has made. */
export function endStrangers(machine: Machine): void {
  for (const process of machine.processes.all()) {
    if (process.args[0] === STRANGER) machine.processes.signal(process, SIGKILL);
  }
}

function pick<T>(candidates: readonly T[], choice: number): T | undefined {
  return candidates[choice % candidates.length];
}
