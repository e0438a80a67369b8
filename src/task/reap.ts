import type { Config } from "../config.ts";
import { type Context, sleep } from "../kernel/context.ts";
import { tolerate } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type ProcessIdentity, SIGKILL } from "../kernel/processes.ts";
import { deleteContainer } from "../oci/runc.ts";
import { runtimeRoot, taskPaths } from "./paths.ts";
import { openIfPresent, type TaskIdentity } from "./task.ts";

/** Between two looks at a cgroup that is being emptied. Version 1 has no event for it. */
const LOOK_AGAIN_MS = 5;

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
 * Ends a task, whatever is left of it, by its id: helpers, processes, the OCI runtime's state, the
 * cgroup. Every step is idempotent, so that a retry or a restart completes it; when it returns,
 * nothing of the task runs or ever will.
 *
 * Helpers go first: as long as conmon or runc is at work it can add what was just removed.
 *
 * @throws {KernelError} the first step that Linux refuses; {RuntimeError} the context's cause.
 */
export async function reapTask(
  kernel: Kernel,
  config: Config,
  task: TaskIdentity,
  options: ReapOptions,
  context: Context,
): Promise<void> {
  if (options.mayHaveHelpers) await killHelpers(kernel, config, task.id, context);
  for (const process of options.known) await kill(kernel, process, context);
  await emptyCgroup(kernel, config, task.cgroup, context);
  const { runtimeDirectory } = taskPaths(config, task.id);
  if (await kernel.files.stat(runtimeDirectory) !== undefined) {
    await deleteContainer(kernel, task.runtime, task.id, config.bounds.programMs, context);
  }
  await kernel.cgroups.remove(task.cgroup);
}

/** Kills and awaits every conmon and OCI runtime that works on `id`: their arguments name both. */
async function killHelpers(
  kernel: Kernel,
  config: Config,
  id: string,
  context: Context,
): Promise<void> {
  const root = runtimeRoot(config);
  for (const entry of await kernel.processes.list()) {
    if (entry.args.includes(id) && entry.args.includes(root)) await kill(kernel, entry, context);
  }
}

/** Kills a process, unless it is gone, and awaits its end. */
async function kill(
  kernel: Kernel,
  process: ProcessIdentity | undefined,
  context: Context,
): Promise<void> {
  using handle = await openIfPresent(kernel, process);
  if (handle === undefined) return;
  await tolerate(handle.signal(SIGKILL), "ESRCH");
  await handle.exited(context);
}

async function emptyCgroup(
  kernel: Kernel,
  config: Config,
  cgroup: string,
  context: Context,
): Promise<void> {
  using bounded = context.within(kernel.clock, config.bounds.killMs, `empty cgroup "${cgroup}"`);
  while ((await kernel.cgroups.processes(cgroup)).length > 0) {
    await kernel.cgroups.kill(cgroup);
    if ((await kernel.cgroups.processes(cgroup)).length === 0) return;
    await sleep(kernel.clock, LOOK_AGAIN_MS, bounded);
  }
}
