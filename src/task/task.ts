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
