import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ProcessHandle, ProcessIdentity } from "../kernel/processes.ts";
import type { OciRuntime } from "../oci/runc.ts";

/** What a task is made of, known before it exists and after it is gone: enough to end it by id. */
export interface TaskIdentity {
  readonly id: string;
  readonly runtime: OciRuntime;
  readonly cgroup: string;
}

/** How a task is to be supervised. */
export interface TaskRequest extends TaskIdentity {
  readonly terminal: boolean;
  readonly stdin: boolean;
  readonly keepsStdin: boolean;
  /** An absolute path; /dev/null for no log. */
  readonly logPath: string;
}

/** A container's init and the conmon above it. Disposing it lets go of both, and ends neither. */
export interface Task extends Disposable {
  readonly init: ProcessHandle;
  /** Gone (undefined) when it died in an earlier life of the daemon. */
  readonly supervisor: ProcessHandle | undefined;
}

/** Puts handles together to a task. */
export function taskOf(init: ProcessHandle, supervisor: ProcessHandle | undefined): Task {
  return {
    init,
    supervisor,
    [Symbol.dispose]() {
      init[Symbol.dispose]();
      supervisor?.[Symbol.dispose]();
    },
  };
}

/** What is left of a task: undefined is gone. */
export interface Handles {
  readonly init: ProcessHandle | undefined;
  readonly supervisor: ProcessHandle | undefined;
}

/**
 * Takes hold of an init and its conmon, where they are still there; of both or, after an error, of
 * neither.
 */
export async function openHandles(
  kernel: Kernel,
  init: ProcessIdentity | undefined,
  supervisor: ProcessIdentity | undefined,
): Promise<Handles> {
  const held = await openIfPresent(kernel, init);
  try {
    const above = await openIfPresent(kernel, supervisor);
    return { init: held, supervisor: above };
  } catch (error) {
    held?.[Symbol.dispose]();
    throw error;
  }
}

/** Takes hold of a process, or of nothing when it is gone. */
export async function openIfPresent(
  kernel: Kernel,
  process: ProcessIdentity | undefined,
): Promise<ProcessHandle | undefined> {
  if (process === undefined) return undefined;
  try {
    return await kernel.processes.open(process);
  } catch (error) {
    if (hasErrno(error, "ESRCH")) return undefined;
    throw error;
  }
}
