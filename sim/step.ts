import { KernelError } from "../src/kernel/errno.ts";
import type { Choice } from "./chooser.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Task } from "./task.ts";

/** What an effect returns to stay pending: it has done a part, and the rest is a step of its own. */
export const AGAIN: unique symbol = Symbol("again");

/** Steps that wait for something to change. Whoever changes it wakes them. */
export class WaitQueue {
  #waiters: Step[] | undefined;

  wake(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    this.#waiters = undefined;
    for (const step of waiters) step.scheduler?.unblock(step);
  }

  add(step: Step): void {
    (this.#waiters ??= []).push(step);
  }

  delete(step: Step): void {
    const index = this.#waiters?.indexOf(step) ?? -1;
    if (index >= 0) this.#waiters?.splice(index, 1);
  }
}

/** Decides which calls fail: before their effect, or after it. */
export interface StepFaults {
  failure(step: Step, isAfterEffect: boolean): KernelError | undefined;
}

/** Where a blocked step is told that its condition may have changed. */
export type Queues = WaitQueue | readonly WaitQueue[];

/**
 * One thing that can happen, at one instant, when the scheduler says so: a kernel call, a system
 * call of a simulated program, a timer, a death.
 */
export class Step implements Choice {
  /** Counts the steps of its task, from 1. */
  readonly seq: number;
  /** @internal */
  scheduler: Scheduler | undefined;
  /** @internal It can run only while this is true; undefined: at any time. */
  when: (() => boolean) | undefined;
  /** @internal Where it is told that `when` may have changed. */
  queues: Queues | undefined;
  /** Waits for something to change. */
  isBlocked = false;
  /** @internal The number of the step that made it possible; 0 where none did. */
  cause = 0;
  /** @internal What its call is whatever the order of steps that commute; undefined: nobody wants to know. */
  callName: number | undefined;
  /** Held back by a scenario. */
  isHeld = false;
  /** How many parts of the effect are done, of one that takes several steps. */
  partCount = 0;
  /** @internal Takes back what its parts have done so far, should it fail at a later one. */
  undo: (() => void) | undefined;
  /** The effect is done, the answer is still on its way. */
  isReply = false;
  #outcome: unknown;
  #hasFailed = false;

  /**
   * @internal `owner` is who dies with it: a daemon's life or a process. `effect` runs at the linearisation
   * point; with `hasReply` its result is given back at a second step.
   */
  constructor(
    /** @internal */
    readonly task: Task,
    /** @internal */
    readonly owner: object,
    /** A verb of a port ("files.writeFile"), or a system call of a program ("open"). */
    readonly verb: string,
    /** What it is about: a path, a command, several arguments; undefined when the verb says it all. */
    readonly subject: unknown,
    /** @internal Gives the answer, {@linkcode AGAIN}, or a refusal; or throws one. */
    readonly effect: (step: Step) => unknown,
    /** Whether the answer comes as a step of its own, later than the effect. */
    readonly hasReply: boolean,
    /** @internal */
    readonly resolve: ((value: unknown) => void) | undefined,
    /** @internal */
    readonly reject: ((error: unknown) => void) | undefined,
  ) {
    this.seq = task.seqNext++;
  }

  /** The number of its task, in the order in which tasks came to be. */
  get taskId(): number {
    return this.task.id;
  }

  /** What it is in every run of the same program: its task, its number there, which part of it. */
  get key(): string {
    return keyOf(this, this.part);
  }

  /** What it is whatever the order of steps that commute; undefined: nobody wants to know. */
  get provenance(): string | undefined {
    return provenanceOf(this, this.part);
  }

  /** @internal Which part of the call comes next: -1 is the reply. */
  get part(): number {
    return this.isReply ? -1 : this.partCount;
  }

  /** The key of its task. */
  get taskKey(): string {
    return this.task.key;
  }

  /** What its task was begun as. */
  get taskName(): string {
    return this.task.name;
  }

  /** @internal Blocks until `when` holds, told by `queues`. */
  waitFor(queues: Queues, when: () => boolean): typeof AGAIN {
    this.queues = queues;
    this.when = when;
    return AGAIN;
  }

  /** @internal Runs it; false when it stays pending. */
  execute(): boolean {
    if (this.isReply) {
      this.#settle();
      return true;
    }
    const faults = this.scheduler?.faults;
    const early = faults?.failure(this, false);
    if (early !== undefined) {
      this.#refuse(early);
      this.#settle();
      return true;
    }
    try {
      const outcome = this.effect(this);
      if (outcome instanceof KernelError) this.#refuse(outcome);
      else this.#outcome = outcome;
    } catch (error) {
      if (this.reject === undefined || !isExpected(error)) throw error;
      this.#refuse(error);
    }
    if (this.#outcome === AGAIN) {
      this.partCount++;
      return false;
    }
    const late = this.#hasFailed ? undefined : faults?.failure(this, true);
    if (late !== undefined) {
      // The caller never gets it, so the adapter lets go of it: the ends of pipes, a watch, a pidfd.
      if (isDisposable(this.#outcome)) this.#outcome[Symbol.dispose]();
      this.#fail(late);
    }
    if (this.hasReply) {
      this.isReply = true;
      this.when = undefined;
      return false;
    }
    this.#settle();
    return true;
  }

  /** Whether `outcome` is an error. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** What the effect gave or threw. */
  get outcome(): unknown {
    return this.#outcome;
  }

  #refuse(error: unknown): void {
    this.#fail(error);
    this.undo?.();
  }

  #fail(error: unknown): void {
    this.#outcome = error;
    this.#hasFailed = true;
  }

  #settle(): void {
    if (this.#hasFailed) this.reject?.(this.#outcome);
    else this.resolve?.(this.#outcome);
  }
}

/** @internal The key of one part of a call. */
export function keyOf({ task, seq }: Step, part: number): string {
  return `${task.key}#${seq}${suffixOf(part)}`;
}

/** @internal What one part of a call is whatever the order of steps that commute, if anybody wants to know. */
export function provenanceOf({ callName }: Step, part: number): string | undefined {
  return callName === undefined ? undefined : `${callName.toString(36)}${suffixOf(part)}`;
}

function suffixOf(part: number): string {
  return part === 0 ? "" : part < 0 ? "r" : `+${part}`;
}

function isDisposable(value: unknown): value is Disposable {
  return typeof value === "object" && value !== null && Symbol.dispose in value;
}

/** Errors of the simulated machine are answers; any other is a mistake of the simulator. */
function isExpected(error: unknown): boolean {
  return error instanceof Error &&
    (error.name === "KernelError" || error.name === "RuntimeError");
}
