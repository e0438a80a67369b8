import { Context } from "../kernel/context.ts";
import { hasErrno, tolerate } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type ProcessEntry, SIGKILL } from "../kernel/processes.ts";
import { isExec } from "../oci/conmon.ts";
import { endProcess, familyOf } from "../task/reap.ts";
import { openIfPresent } from "../task/task.ts";
import { textOf } from "../utf8.ts";

/** How a command that is executed in a container can be found. */
export interface ExecTraces {
  /** The OCI process: a file that only the command lines of its conmon and its OCI runtime name. */
  readonly processFile: string;
  /** Where the OCI runtime writes which process the command is. */
  readonly pidFile: string;
  /** The group of its container. */
  readonly cgroup: string;
}

/** conmon and the OCI runtime end soon after their command; those that do not hang. */
const KILL_MS = 5_000;
/** Between two looks for what was started. */
const LOOK_AGAIN_MS = 10;
/** More than any pid has. */
const PID_BYTES_MAX = 32;

/**
 * Kills a command, wherever it is on its way into the container, and awaits its end and that of its conmon
 * and its OCI runtime. Idempotent.
 *
 * @throws {RuntimeError} DEADLINE_EXCEEDED when one of them does not die; {KernelError} EMFILE, EAGAIN.
 */
export async function endExec(kernel: Kernel, exec: ExecTraces): Promise<void> {
  const processes = await endHelpers(kernel, exec);
  await endNamed(kernel, exec, processes);
}

/**
 * conmon and the OCI runtime alone know whether there is a command yet, so what they have started is killed
 * until they end of themselves. Killed before, the runtime could leave a command that nobody finds: it has
 * written down no pid by then (runc, utils_linux.go).
 *
 * @returns the process table as it is without them
 */
async function endHelpers(
  kernel: Kernel,
  { processFile }: ExecTraces,
): Promise<readonly ProcessEntry[]> {
  using bounded = Context.background().within(kernel.clock, KILL_MS, "killed exec");
  while (true) {
    const processes = await kernel.processes.list();
    const helpers = processes.filter((it) => it.args.includes(processFile));
    const [first] = helpers;
    if (first === undefined) return processes;
    const family = helpers.flatMap((it) => familyOf(it, processes));
    if (bounded.cause !== undefined) {
      await endAll(kernel, family);
      continue;
    }
    await kill(kernel, family.filter((it) => !helpers.includes(it)));
    using soon = bounded.within(kernel.clock, LOOK_AGAIN_MS, "killed exec");
    await awaitEnd(kernel, first, soon);
  }
}

/** Of those that hang; conmon goes last: what is left behind by the others becomes its child. */
async function endAll(kernel: Kernel, family: readonly ProcessEntry[]): Promise<void> {
  await kill(kernel, family.toReversed());
  using atLast = Context.background().within(kernel.clock, KILL_MS, "killed conmon");
  for (const process of family) await endProcess(kernel, process, atLast);
}

/**
 * Ends a command that its conmon has left, since somebody has killed that (RACES.md X2). Where the OCI runtime
 * was killed with it before it had written down a pid, nobody can find the command.
 */
async function endNamed(
  kernel: Kernel,
  { pidFile, cgroup }: ExecTraces,
  processes: readonly ProcessEntry[],
): Promise<void> {
  const pid = await pidIn(kernel, pidFile);
  const inside = pid === undefined ? [] : await kernel.cgroups.processes(cgroup);
  if (pid === undefined || !inside.includes(pid)) return;
  const command = processes.find((it) => it.pid === pid);
  const parent = processes.find((it) => it.pid === command?.parentPid);
  // Who has its pid by now is a child of somebody in the container, or a command that somebody awaits.
  const isLeft = parent === undefined || !(inside.includes(parent.pid) || isExec(parent.args));
  if (command === undefined || !isLeft) return;
  using bounded = Context.background().within(kernel.clock, KILL_MS, "killed command");
  await endProcess(kernel, command, bounded);
}

async function pidIn(kernel: Kernel, path: string): Promise<number | undefined> {
  try {
    const text = textOf(await kernel.files.readFile(path, PID_BYTES_MAX));
    return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function kill(kernel: Kernel, processes: readonly ProcessEntry[]): Promise<void> {
  for (const process of processes) {
    using handle = await openIfPresent(kernel, process);
    if (handle !== undefined) await tolerate(handle.signal(SIGKILL), "ESRCH");
  }
}

/** Waits for the end of a process as long as the context lasts. */
async function awaitEnd(kernel: Kernel, process: ProcessEntry, context: Context): Promise<void> {
  using handle = await openIfPresent(kernel, process);
  try {
    await handle?.exited(context);
  } catch (error) {
    if (context.cause === undefined) throw error;
  }
}
