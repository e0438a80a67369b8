import { Context } from "../kernel/context.ts";
import { hasErrno, tolerate } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type ChildProcess, type ProcessEntry, SIGKILL } from "../kernel/processes.ts";
import { isExec } from "../oci/conmon.ts";
import { endProcess, familyOf } from "../task/reap.ts";
import { openIfPresent } from "../task/task.ts";
import { textOf } from "../utf8.ts";

/** A command that is being executed in a container, and how it can be found. */
export interface Exec {
  readonly conmon: ChildProcess;
  /** The OCI process, which the command lines of conmon and of the OCI runtime name. */
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
 * Kills the command and awaits its end. conmon and the OCI runtime alone know whether there is one yet,
 * so what they have started is killed until conmon ends of itself. Killed before, the runtime could
 * leave a command that nobody finds: it has written down no pid by then (runc, utils_linux.go).
 */
export async function killExec(kernel: Kernel, exec: Exec): Promise<void> {
  const { conmon: child, processFile } = exec;
  const family = async () => {
    const processes = await kernel.processes.list();
    const { pid, startTime } = child.identity;
    const conmon = processes.find((it) => it.pid === pid && it.startTime === startTime);
    return conmon === undefined ? [] : familyOf(conmon, processes);
  };
  using bounded = Context.background().within(kernel.clock, KILL_MS, "killed exec");
  while (bounded.cause === undefined) {
    await kill(kernel, (await family()).filter((it) => !it.args.includes(processFile)));
    using soon = bounded.within(kernel.clock, LOOK_AGAIN_MS, "killed exec");
    if (await hasExited(child, soon)) return await endLeft(kernel, exec);
  }
  // conmon goes last: what is left behind by the others becomes its child.
  await kill(kernel, (await family()).toReversed());
  using atLast = Context.background().within(kernel.clock, KILL_MS, "killed conmon");
  await child.exited(atLast);
}

/**
 * Ends a command that its conmon has left, since somebody has killed it: it runs on (RACES.md X2). None is
 * fine. Where the OCI runtime was killed with it before it had written down a pid, nobody can find it.
 */
export async function endLeft(kernel: Kernel, { pidFile, cgroup }: Exec): Promise<void> {
  const pid = await pidIn(kernel, pidFile);
  const inside = pid === undefined ? [] : await kernel.cgroups.processes(cgroup);
  if (pid === undefined || !inside.includes(pid)) return;
  const processes = await kernel.processes.list();
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
    const [pid] = /^[1-9]\d*$/.exec(textOf(await kernel.files.readFile(path, PID_BYTES_MAX))) ?? [];
    return pid === undefined ? undefined : Number(pid);
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

async function hasExited(child: ChildProcess, context: Context): Promise<boolean> {
  try {
    await child.exited(context);
    return true;
  } catch (error) {
    if (context.cause !== undefined) return false;
    throw error;
  }
}
