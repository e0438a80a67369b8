import type { Config } from "../config.ts";
import { type Context, sleep } from "../kernel/context.ts";
import { hasErrno, KernelError, tolerate } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type ProcessEntry, type ProcessIdentity, SIGKILL } from "../kernel/processes.ts";
import { isExec } from "../oci/conmon.ts";
import { deleteContainer, isRuntimeInit, stateDirectoryOf } from "../oci/runc.ts";
import { initOf, isOnlyFiles, readRuntimeState } from "../oci/runtime_state.ts";
import { runtimeRoot, taskPaths } from "./paths.ts";
import { openIfPresent, type TaskIdentity } from "./task.ts";
import { SharedMap, SharedSet } from "../kernel/shared_memory.ts";

/** Between two looks at a cgroup that is being emptied. Version 1 has no event for it. */
const LOOK_AGAIN_MS = 5;
/** Deletions that are killed before it is given up. */
const DELETIONS_MAX = 3;
/** Removals of a cgroup that somebody has come into, before it is given up. */
const REMOVALS_MAX = 3;

export interface ReapOptions {
  /**
   * Whether programs that work on the task may still be under way: after a failed or interrupted
   * creation, not after an ordinary exit. Costs a look through the process table.
   */
  readonly mayHaveHelpers: boolean;
  /** Processes known from the records; they may be long gone. */
  readonly known: readonly (ProcessIdentity | undefined)[];
}

/**
 * Ends tasks, whatever is left of them, by their ids: helpers, processes, the OCI runtime's state, the
 * cgroup. One for each life of the daemon.
 */
export class Reaper {
  /**
   * By task, who was found and has not been seen to end. Once a bound has ended the wait nothing else may
   * tell whose the process is: its parents are gone, its arguments say nothing, it is in no group.
   */
  readonly #awaited = new SharedMap<string, SharedSet<ProcessIdentity>>();

  constructor(readonly kernel: Kernel, readonly config: Config) {}

  /**
   * Ends a task. Every step is idempotent, so that a retry or a restart completes it; when it returns,
   * nothing of the task runs or ever will.
   *
   * Helpers go first: as long as conmon or runc is at work it can add what was just removed.
   *
   * @throws {KernelError} the first step that Linux refuses; {RuntimeError} the context's cause.
   */
  async reap(task: TaskIdentity, options: ReapOptions, context: Context): Promise<void> {
    await this.#kill(task.id, [], context);
    if (options.mayHaveHelpers) await this.#killHelpers(task, context);
    await this.#kill(task.id, options.known, context);
    await this.#emptyCgroup(task.cgroup, context);
    await this.#endInRuntime(task, context);
    await this.#removeCgroup(task.cgroup, context);
  }

  /**
   * Kills and awaits every conmon and OCI runtime that works on `id`, which their arguments name together
   * with our runtime root, and what they have started: the runtime's init has other arguments, and may
   * not be in its cgroup yet. The youngest goes first: conmon, a subreaper, then inherits what the
   * runtime leaves, so that it can still be found (man 2 prctl, PR_SET_CHILD_SUBREAPER).
   */
  async #killHelpers({ id, runtime }: TaskIdentity, context: Context): Promise<void> {
    const root = runtimeRoot(this.config);
    while (true) {
      context.throwIfCancelled();
      const processes = await this.kernel.processes.list();
      const helpers = processes.filter((it) => it.args.includes(id) && it.args.includes(root));
      const youngest = helpers.reduce<ProcessEntry | undefined>(
        (found, it) => found === undefined || it.startTime >= found.startTime ? it : found,
        undefined,
      );
      const left = youngest === undefined
        ? await this.#orphansOf(id, processes.filter((it) => isRuntimeInit(runtime, it.args)))
        : inOrder(familyOf(youngest, processes));
      if (left.length === 0) return;
      await this.#kill(id, left, context);
    }
  }

  /**
   * Those of some runtime inits that were forked for a task: a runtime that conmon forks after the table was
   * read dies with it, and leaves its init to nobody who can be found by his arguments.
   */
  async #orphansOf(
    id: string,
    inits: readonly ProcessEntry[],
  ): Promise<readonly ProcessEntry[]> {
    const { runtimeDirectory } = taskPaths(this.config, id);
    const orphans: ProcessEntry[] = [];
    for (const init of inits) {
      const environment = await this.kernel.processes.environment(init);
      if (stateDirectoryOf(environment) === runtimeDirectory) orphans.push(init);
    }
    return orphans;
  }

  /** Kills processes of a task, and those whose end an earlier call did not see; awaits their end. */
  async #kill(
    id: string,
    processes: readonly (ProcessIdentity | undefined)[],
    context: Context,
  ): Promise<void> {
    const awaited = this.#awaited.get(id) ?? new SharedSet();
    for (const process of processes) if (process !== undefined) awaited.add(process);
    if (awaited.size === 0) return;
    this.#awaited.set(id, awaited);
    for (const process of awaited) {
      await endProcess(this.kernel, process, context);
      awaited.delete(process);
    }
    this.#awaited.delete(id);
  }

  /**
   * Has the OCI runtime delete what it keeps, where that is more than the files and groups that are removed
   * here: for an ordinary container it is not, and the start of a program is saved. Its init is looked for
   * first: a privileged one can have left its cgroup.
   */
  async #endInRuntime(task: TaskIdentity, context: Context): Promise<void> {
    const { kernel, config } = this;
    const { runtimeDirectory, runtimeState } = taskPaths(config, task.id);
    for (let tries = 1; await kernel.files.stat(runtimeDirectory) !== undefined; tries++) {
      const state = await readRuntimeState(kernel, runtimeState);
      if (state !== undefined && isOnlyFiles(state, task.cgroup)) {
        await this.#kill(task.id, [initOf(state)], context);
        return await kernel.files.remove(runtimeDirectory);
      }
      const { programMs } = config.bounds;
      if (await deleteContainer(kernel, task.runtime, task.id, programMs, context)) return;
      // Another reaper of this task has taken it for a helper; what is left by now is for both to find.
      if (tries === DELETIONS_MAX) {
        throw new KernelError("reap", "EIO", task.id, {
          detail: "its deletion is killed each time",
        });
      }
    }
  }

  /** An OCI runtime that executes a command in it may have moved that there since it was emptied (RACES.md X4). */
  async #removeCgroup(cgroup: string, context: Context): Promise<void> {
    for (let tries = 1;; tries++) {
      try {
        return await this.kernel.cgroups.remove(cgroup);
      } catch (error) {
        if (!hasErrno(error, "EBUSY") || tries === REMOVALS_MAX) throw error;
      }
      await this.#emptyCgroup(cgroup, context);
    }
  }

  async #emptyCgroup(cgroup: string, context: Context): Promise<void> {
    const { kernel, config } = this;
    using bounded = context.within(kernel.clock, config.bounds.killMs, `empty cgroup "${cgroup}"`);
    while ((await kernel.cgroups.processes(cgroup)).length > 0) {
      await kernel.cgroups.kill(cgroup);
      if ((await kernel.cgroups.processes(cgroup)).length === 0) return;
      await sleep(kernel.clock, LOOK_AGAIN_MS, bounded);
    }
  }
}

/**
 * Parents go first, since they may have more children; but that its conmon has ended tells whoever has a
 * command executed that the command has: that goes last.
 */
function inOrder(family: readonly ProcessEntry[]): readonly ProcessEntry[] {
  return isExec(family[0]?.args ?? []) ? family.toReversed() : family;
}

/** A process and its descendants, parents first. */
export function familyOf(
  head: ProcessEntry,
  processes: readonly ProcessEntry[],
): readonly ProcessEntry[] {
  const family = [head];
  for (const parent of family) {
    family.push(...processes.filter((it) => it.parentPid === parent.pid && it.pid !== parent.pid));
  }
  return family;
}

/** Kills a process, unless it is gone, and awaits its end. */
export async function endProcess(
  kernel: Kernel,
  process: ProcessIdentity,
  context: Context,
): Promise<void> {
  using handle = await openIfPresent(kernel, process);
  if (handle === undefined) return;
  await tolerate(handle.signal(SIGKILL), "ESRCH");
  await handle.exited(context);
}
