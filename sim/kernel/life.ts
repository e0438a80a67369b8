import type { Context } from "../../src/kernel/context.ts";
import type { KernelError } from "../../src/kernel/errno.ts";
import type { RuntimeError } from "../../src/errors.ts";
import { footprints } from "../footprint.ts";
import { type AGAIN, type Queues, Step } from "../step.ts";
import { currentTask, type Task } from "../task.ts";
import type { Machine } from "../world/machine.ts";
import type { Process } from "../world/process.ts";

/** One life of the daemon: what its process holds, and the calls that end with it. */
export class Life {
  readonly process: Process;
  isOver = false;
  /** Closed when the process dies: pipe ends, watches, pidfds. Named for snapshots. */
  readonly #resources: Map<Disposable, string> = new Map();

  constructor(readonly machine: Machine, readonly rootTask: Task) {
    this.process = machine.processes.fork("fork", machine.processes.init, rootTask);
    this.process.args = ["slipway", "daemon"];
    this.process.isReaper = true;
  }

  /** Who makes the call that is made now. */
  get task(): Task {
    return currentTask.getStore() ?? this.rootTask;
  }

  /** SIGKILL: nothing that it waits for ever comes; what it held open is closed; its children live on. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.machine.scheduler.dropOwner(this.process);
    for (const resource of this.#resources.keys()) resource[Symbol.dispose]();
    this.#resources.clear();
    if (this.process.isAlive) this.machine.processes.vanish(this.process);
  }

  hold(resource: Disposable, name: string): void {
    this.#resources.set(resource, name);
  }

  forget(resource: Disposable): void {
    this.#resources.delete(resource);
  }

  /** What is held open, sorted. */
  held(): readonly string[] {
    return [...this.#resources.values()].sort();
  }

  call<T>(
    verb: string,
    subject: unknown,
    effect: (step: Step) => T | KernelError | typeof AGAIN,
    hasReply = false,
  ): Promise<T> {
    if (this.isOver) return new Promise(() => {});
    return this.machine.scheduler.call<T>(
      this.task,
      this.process,
      verb,
      subject,
      effect,
      hasReply,
    );
  }

  /** Waits for `when`, or for the end of `context`. */
  waitCall<T>(
    verb: string,
    subject: unknown,
    context: Context,
    queues: Queues,
    when: () => boolean,
    effect: () => T | KernelError,
  ): Promise<T> {
    if (this.isOver) return new Promise(() => {});
    return new Promise<T>((resolve, reject) => {
      let cause: RuntimeError | undefined;
      const step = new Step(
        this.task,
        this.process,
        verb,
        subject,
        () => {
          footprints.present?.touch(`patience ${step.callName}`, "read");
          listener[Symbol.dispose]();
          if (cause !== undefined) throw cause;
          return effect();
        },
        false,
        resolve as (value: unknown) => void,
        reject,
      );
      step.queues = queues;
      // V8 takes a function that is assigned to a property as it is made for one that lives long, and
      // puts it among the old: from there it would keep the whole machine through young collections.
      const canRun = (): boolean => cause !== undefined || when();
      step.when = canRun;
      this.machine.scheduler.submit(step);
      const listener = context.onCancel((why) => {
        cause = why;
        footprints.present?.touch(`patience ${step.callName}`, "write");
        this.machine.scheduler.unblock(step);
      });
    });
  }
}

/** A fault for a call: which error instead of, or after, its effect. */
export interface CallFault {
  readonly error: KernelError;
  readonly isEffectDone: boolean;
}
