import type { KernelError } from "../src/kernel/errno.ts";
import { ADVANCE_CLOCK, type Chooser } from "./chooser.ts";
import { VirtualClock } from "./clock.ts";
import { drain } from "./driver.ts";
import { Footprint, footprints } from "./footprint.ts";
import { hashOfPair } from "./hash.ts";
import { type AGAIN, keyOf, type Queues, Step, type StepFaults } from "./step.ts";
import { currentTask, Task } from "./task.ts";

/** Called with every step and what it has touched. */
export type FootprintListener = (step: Step, footprint: Footprint) => void;

/** Whose child a task is, if not that of whoever's turn it is; or a key of its own. */
export interface TaskOptions {
  readonly parent?: Task;
  readonly key?: string;
}

/** Called with every step after it ran and all code that it woke waits again. */
export type StepListener = (step: Step) => void;

/**
 * Owns every interleaving: holds what could happen next, lets a strategy choose, makes it happen,
 * and waits until all code that this woke has come to rest.
 */
export class Scheduler {
  readonly clock: VirtualClock = new VirtualClock();
  chooser: Chooser;
  stepCount = 0;
  /** How long a step takes. With 0, timers that were set while nothing else moved are due at once. */
  stepMicros = 1;
  /** Sees every step that becomes pending, and every one whose reply does. */
  onPending: StepListener | undefined;
  /** Told of every timer that is set. */
  onTimer: (() => void) | undefined;
  /** Sees every step before its effect: where calls are made to fail. */
  onExecute: StepListener | undefined;
  faults: StepFaults | undefined;
  /** Sees what steps have touched, the code that they woke included. */
  onFootprint: FootprintListener | undefined;
  /** Asked before each step that {@linkcode onFootprint} could be told of. */
  wantsFootprint: () => boolean = () => true;
  readonly listeners: StepListener[] = [];

  /** Ordered by task and number, so that the order of microtasks cannot leak into a schedule. */
  readonly #runnable: Step[] = [];
  readonly #blocked: Set<Step> = new Set();
  /** Latest first, so that the next one is popped. */
  readonly #timers: Timer[] = [];
  /** Waits until nothing else can run without time passing. */
  readonly #idle: Step[] = [];
  #taskCount = 0;
  #timerCount = 0;
  #heldCount = 0;
  #directors: Set<Task> = new Set();

  /** For what the machine does by itself, such as late events. */
  readonly interruptTask: Task;

  /** Whether the last step is over: a part of one, and an effect whose reply is still to come, wake no code. */
  isOver = true;
  #current: Step | undefined;
  #currentPart = 0;
  /** Has no steps; its children are what nobody else began. */
  readonly #rootTask = new Task(0, "root", "");

  constructor(chooser: Chooser) {
    this.chooser = chooser;
    this.interruptTask = this.newTask("interrupt");
  }

  /** A task begun by `parent`, unless given by whoever's turn it is; its key follows from that. */
  newTask(name: string, { parent, key }: TaskOptions = {}): Task {
    const beginner = parent ?? currentTask.getStore() ?? this.#rootTask;
    return new Task(++this.#taskCount, name, key ?? beginner.nextChildKey());
  }

  /** The key of the step that runs, or ran last; empty before the first. */
  get currentKey(): string {
    return this.#current === undefined ? "" : keyOf(this.#current, this.#currentPart);
  }

  /** Makes a task run before all others, as one that stands outside the interleaving. */
  addDirector(task: Task): void {
    this.#directors.add(task);
  }

  /** A call of `task`, answered when the scheduler runs it. */
  call<T>(
    task: Task,
    owner: object,
    verb: string,
    subject: unknown,
    effect: (step: Step) => T | KernelError | typeof AGAIN,
    hasReply = false,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.submit(
        new Step(
          task,
          owner,
          verb,
          subject,
          effect,
          hasReply,
          resolve as (value: unknown) => void,
          reject,
        ),
      );
    });
  }

  /** Like {@linkcode call}, but it can run only while `when` holds; `queues` are woken when that changes. */
  callWhen<T>(
    task: Task,
    owner: object,
    verb: string,
    subject: unknown,
    queues: Queues,
    when: () => boolean,
    effect: (step: Step) => T | KernelError | typeof AGAIN,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const step = new Step(
        task,
        owner,
        verb,
        subject,
        effect,
        false,
        resolve as (value: unknown) => void,
        reject,
      );
      step.queues = queues;
      step.when = when;
      this.submit(step);
    });
  }

  /** Puts a step among those that can run, or that wait for their condition. */
  submit(step: Step): void {
    step.scheduler = this;
    step.cause = this.stepCount;
    this.#name(step);
    if (isReady(step)) this.#insert(step);
    else this.#block(step);
    this.onPending?.(step);
  }

  unblock(step: Step): void {
    if (!this.#blocked.delete(step)) return;
    this.#unsubscribe(step);
    step.isBlocked = false;
    step.cause = this.stepCount;
    this.#insert(step);
  }

  /** Forgets a step: it never happens. */
  drop(step: Step): void {
    if (step.isHeld) this.release(step);
    if (step.isBlocked) {
      this.#blocked.delete(step);
      this.#unsubscribe(step);
      step.isBlocked = false;
      return;
    }
    const index = this.#runnable.indexOf(step);
    if (index >= 0) removeAt(this.#runnable, index);
  }

  /** Forgets everything that `owner` waits for: it is dead. */
  dropOwner(owner: object): void {
    for (const step of this.#blocked) if (step.owner === owner) this.drop(step);
    for (let i = this.#runnable.length - 1; i >= 0; i--) {
      const step = this.#runnable[i] as Step;
      if (step.owner === owner) this.drop(step);
    }
    for (let i = this.#timers.length - 1; i >= 0; i--) {
      if ((this.#timers[i] as Timer).owner === owner) removeAt(this.#timers, i);
    }
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      if ((this.#idle[i] as Step).owner === owner) removeAt(this.#idle, i);
    }
  }

  /** Every step that waits to happen, in order; timers that are not due are not among them. */
  pending(): Step[] {
    return [...this.#runnable, ...this.#blocked].sort(compareSteps);
  }

  /** What `owner` waits for: its steps, and its timers that are not due. */
  waitsOf(owner: object): readonly Step[] {
    return [...this.pending(), ...this.#timers].filter((it) => it.owner === owner);
  }

  hold(step: Step): void {
    if (step.isHeld) return;
    step.isHeld = true;
    this.#heldCount++;
  }

  release(step: Step): void {
    if (!step.isHeld) return;
    step.isHeld = false;
    this.#heldCount--;
  }

  /** Calls `fire` once, `micros` from now. */
  after(task: Task, owner: object, micros: number, fire: () => void): Disposable {
    const at = this.clock.elapsedMicros + Math.max(0, micros);
    const timer = new Timer(task, owner, at, ++this.#timerCount, fire);
    timer.scheduler = this;
    this.#name(timer);
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isLater(this.#timers[middle] as Timer, timer)) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    this.onTimer?.();
    return timer;
  }

  /** Forgets a timer, due or not. */
  dropTimer(timer: Timer): void {
    const index = this.#timers.indexOf(timer);
    if (index >= 0) removeAt(this.#timers, index);
    else this.drop(timer);
  }

  /** Resolves when nothing else can run without time passing. */
  whenIdle(task: Task, owner: object): Promise<void> {
    return new Promise<void>((resolve) => {
      const step = new Step(
        task,
        owner,
        "idle",
        undefined,
        () => undefined,
        false,
        resolve as (value: unknown) => void,
        undefined,
      );
      step.scheduler = this;
      this.#name(step);
      this.#idle.push(step);
    });
  }

  get hasTimers(): boolean {
    return this.#timers.length > 0;
  }

  /** When the next timer is due, in elapsed microseconds. */
  get nextTimerMicros(): number | undefined {
    return this.#timers.at(-1)?.at;
  }

  /** Runs one step, unless nothing can run without time passing. */
  runOne(): boolean {
    const step = this.#take();
    if (step === undefined) return false;
    this.#execute(step);
    drain();
    this.tellListeners(step);
    return true;
  }

  /** Calls every listener; one may take itself off the list. */
  tellListeners(step: Step): void {
    footprints.stepEnds();
    if (footprints.present !== undefined) this.onFootprint?.(step, footprints.take());
    const { listeners } = this;
    for (let i = 0; i < listeners.length;) {
      const listener = listeners[i] as StepListener;
      listener(step);
      if (listeners[i] === listener) i++;
    }
  }

  /** Like {@linkcode runOne}, but leaves it to the caller to drain the microtasks and to call the listeners. */
  runOneUndrained(): Step | undefined {
    const step = this.#take();
    if (step !== undefined) this.#execute(step);
    return step;
  }

  /** Lets time pass to the next timer, which can run then. False when there is none. */
  advance(): boolean {
    const next = this.#timers.at(-1);
    if (next === undefined) return false;
    this.clock.elapsedMicros = Math.max(this.clock.elapsedMicros, next.at);
    this.#fireDue();
    return true;
  }

  #take(): Step | undefined {
    this.#fireDue();
    this.#checkConditions();
    let offered = this.#offer();
    if (offered.length === 0) return this.#idle.shift();
    let index = this.chooser.pick(offered, this.#timers.length > 0);
    if (index === ADVANCE_CLOCK) {
      this.advance();
      offered = this.#offer();
      index = this.chooser.pick(offered, false);
    }
    const step = offered[index];
    if (step === undefined) throw new Error(`Cannot run step ${index} of ${offered.length}`);
    removeAt(this.#runnable, offered === this.#runnable ? index : this.#runnable.indexOf(step));
    return step;
  }

  /** A call comes behind the step in which it is made. */
  #name(step: Step): void {
    if (!footprints.areNamesLasting) {
      // Its number among the steps of its task is what it is known by.
      footprints.present?.touch(`task ${step.task.key}`, "write");
      return;
    }
    step.callName = footprints.newName();
    touchCall(step);
  }

  #execute(step: Step): void {
    if (this.onFootprint !== undefined) {
      if (step.callName === undefined) footprints.step++;
      else footprints.stepBegins(hashOfPair(step.callName, step.part));
      if (this.wantsFootprint()) {
        footprints.present = new Footprint();
        footprints.present.call = touchCall(step);
        // What has made it possible comes before it.
        step.when?.();
      }
    }
    this.stepCount++;
    this.clock.elapsedMicros += this.stepMicros;
    this.#current = step;
    this.#currentPart = step.part;
    step.task.lastStep = step.verb;
    this.onExecute?.(step);
    this.isOver = step.execute();
    if (this.isOver) return;
    if (isReady(step)) this.#insert(step);
    else this.#block(step);
    this.onPending?.(step);
  }

  #offer(): readonly Step[] {
    if (this.#directors.size > 0) {
      const directed = this.#runnable.find((step) => this.#directors.has(step.task));
      if (directed !== undefined) return [directed];
    }
    if (this.#heldCount > 0) return this.#runnable.filter((step) => !step.isHeld);
    return this.#runnable;
  }

  /** What was true when a step was woken may be so no longer: another was faster. */
  #checkConditions(): void {
    const runnable = this.#runnable;
    for (let i = runnable.length - 1; i >= 0; i--) {
      const step = runnable[i] as Step;
      if (step.when === undefined || step.when()) continue;
      removeAt(runnable, i);
      this.#block(step);
    }
  }

  #fireDue(): void {
    const now = this.clock.elapsedMicros;
    for (;;) {
      const timer = this.#timers.at(-1);
      if (timer === undefined || timer.at > now) return;
      this.#timers.pop();
      this.#insert(timer);
      this.onPending?.(timer);
    }
  }

  #block(step: Step): void {
    step.isBlocked = true;
    this.#blocked.add(step);
    const queues = step.queues;
    if (Array.isArray(queues)) { for (const queue of queues) queue.add(step); }
    else (queues as { add(step: Step): void } | undefined)?.add(step);
  }

  #unsubscribe(step: Step): void {
    const queues = step.queues;
    if (Array.isArray(queues)) { for (const queue of queues) queue.delete(step); }
    else (queues as { delete(step: Step): void } | undefined)?.delete(step);
  }

  #insert(step: Step): void {
    const runnable = this.#runnable;
    let index = runnable.push(step) - 1;
    for (; index > 0; index--) {
      const before = runnable[index - 1] as Step;
      if (compareSteps(before, step) < 0) break;
      runnable[index] = before;
    }
    runnable[index] = step;
  }
}

/** A call of the clock: `fire` runs as its task, once time has come. */
export class Timer extends Step implements Disposable {
  constructor(
    task: Task,
    owner: object,
    readonly at: number,
    readonly number: number,
    fire: () => void,
  ) {
    super(
      task,
      owner,
      "timer",
      undefined,
      () => currentTask.run(task, fire),
      false,
      undefined,
      undefined,
    );
  }

  [Symbol.dispose](): void {
    this.scheduler?.dropTimer(this);
  }
}

/** As splice does it, which gives back an array and, of what is short, the memory as well. */
function removeAt(items: unknown[], index: number): void {
  for (let i = index + 1; i < items.length; i++) items[i - 1] = items[i];
  items.pop();
}

/** @internal The present step makes the call, or is a part of it; returns what the call goes by. */
export function touchCall({ callName }: Step): string | undefined {
  if (callName === undefined) return undefined;
  const name = `call ${callName}`;
  footprints.present?.touch(name, "write");
  return name;
}

/** Whether it can run now. It is the step that looks at what that takes, when it runs, and not who makes it. */
function isReady(step: Step): boolean {
  const { when } = step;
  return when === undefined || footprints.unseen(when);
}

function compareSteps(a: Step, b: Step): number {
  return a.task.id - b.task.id || a.seq - b.seq;
}

function isLater(a: Timer, b: Timer): boolean {
  return a.at > b.at || (a.at === b.at && a.number > b.number);
}
