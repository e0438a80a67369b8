import type { KernelError } from "../../../src/kernel/errno.ts";
import { type AGAIN, type Step, type WaitQueue } from "../../step.ts";
import { refuse } from "../errors.ts";
import type { Machine } from "../machine.ts";
import type { OpenFile } from "../open_file.ts";
import type { Process } from "../process.ts";
import { SIGKILL } from "../process_table.ts";
import type { ResolveOptions } from "../path_walk.ts";

const FOLLOW: ResolveOptions = {};

/**
 * A process that makes system calls: each becomes a step of its task, which the scheduler places, and
 * which may go wrong as the fault options say.
 */
export abstract class Caller {
  protected readonly machine: Machine;
  protected readonly process: Process;

  constructor(machine: Machine, process: Process) {
    this.machine = machine;
    this.process = process;
  }

  /** One system call. What a dead process still asks for is never answered. */
  protected call<T>(
    verb: string,
    subject: unknown,
    effect: (step: Step) => T | KernelError | typeof AGAIN,
  ): Promise<T> {
    const { machine, process } = this;
    if (process.isDoomed) return new Promise(() => {});
    const fault = machine.programFaults?.atSystemCall(process.task);
    if (fault !== undefined) return this.#misbehave(fault, verb, subject, effect);
    return machine.scheduler.call<T>(process.task, process, verb, subject, effect);
  }

  /** A system call that waits until `when` holds; `queues` tell when that may have changed. */
  protected callWhen<T>(
    verb: string,
    subject: unknown,
    queues: WaitQueue | readonly WaitQueue[],
    when: () => boolean,
    effect: (step: Step) => T | KernelError | typeof AGAIN,
  ): Promise<T> {
    const { machine, process } = this;
    if (process.isDoomed) return new Promise(() => {});
    return machine.scheduler.callWhen<T>(
      process.task,
      process,
      verb,
      subject,
      queues,
      when,
      effect,
    );
  }

  /** An open file of the process. @throws {KernelError} EBADF. */
  protected file(verb: string, fd: number): OpenFile {
    return this.process.files.get(fd) ?? refuse(verb, "EBADF", String(fd));
  }

  /** A path as the tree takes it: from the working directory, where it is relative. */
  protected absolute(path: string): string {
    if (path.startsWith("/")) return path;
    return this.process.cwd === "/" ? `/${path}` : `${this.process.cwd}/${path}`;
  }

  /** How paths of this process are followed: from its own root. */
  protected follow(): ResolveOptions {
    return this.process.root === undefined ? FOLLOW : { root: this.process.root };
  }

  async #misbehave<T>(
    fault: { readonly kind: string; readonly slowMs?: number },
    verb: string,
    subject: unknown,
    effect: (step: Step) => T | KernelError | typeof AGAIN,
  ): Promise<T> {
    const { process } = this;
    const { scheduler } = this.machine;
    switch (fault.kind) {
      case "hang":
        await this.machine.hang(process);
        break;
      case "kill":
        this.machine.processes.signal(process, SIGKILL);
        return await new Promise(() => {});
      case "oom":
        this.machine.oomKill(process.cgroup.path, process);
        return await new Promise(() => {});
      default:
        await new Promise<void>((resolve) =>
          void scheduler.after(process.task, process, (fault.slowMs ?? 0) * 1_000, resolve)
        );
    }
    return await scheduler.call<T>(process.task, process, verb, subject, effect);
  }
}

/** Whether Linux refused: what a program may handle, other than a mistake in its code. */
export function isErrno(error: unknown): error is Error & { readonly errno: string } {
  return error instanceof Error && error.name === "KernelError";
}
