import type { Kernel } from "../src/kernel/kernel.ts";
import { kernelOf } from "./kernel/kernel.ts";
import { Life } from "./kernel/life.ts";
import type { SimTask } from "./sim_task.ts";
import { keyed, type Simulation } from "./simulation.ts";
import { Step } from "./step.ts";
import { currentTask } from "./task.ts";

/** One life of the daemon: from its start to its end, or to the end of the simulation. */
export class Daemon<T> {
  /** Calls through it belong to this life, and end with it. */
  readonly kernel: Kernel;
  /** @internal What its process holds, and the calls that end with it. */
  readonly life: Life;
  /** The start-up code; its value is what it returned. */
  readonly boot: SimTask<T>;
  readonly #simulation: Simulation;
  readonly #tasks: Set<SimTask<unknown>> = new Set();

  /** @internal `Simulation.bootDaemon` makes one. */
  constructor(simulation: Simulation, name: string, main: (kernel: Kernel) => Promise<T> | T) {
    this.#simulation = simulation;
    const task = simulation.scheduler.newTask(name);
    this.life = new Life(simulation.machine, task);
    this.kernel = kernelOf(this.life);
    this.boot = simulation.begin(task, this.life.process, () => main(this.kernel));
    this.#tasks.add(this.boot);
  }

  /** False from its crash on. One whose start-up failed is still alive. */
  get isAlive(): boolean {
    return !this.life.isOver;
  }

  /**
   * Work inside of this life: one RPC of a client. Lost when the daemon crashes first.
   *
   * @param key what names it in schedules, if not the order in which its like were started
   */
  spawn<R>(name: string, body: (kernel: Kernel) => Promise<R> | R, key?: string): SimTask<R> {
    const task = this.#simulation.scheduler.newTask(name, keyed(key));
    const spawned = this.#simulation.begin(task, this.life.process, () => body(this.kernel));
    if (!this.isAlive) spawned.lose();
    this.#tasks.add(spawned);
    return spawned;
  }

  /**
   * Work in the background of this life: with a place of its own in schedules, as a thread or a goroutine
   * has it. Nobody waits for it, and no run does.
   */
  background(name: string, body: () => Promise<void>): void {
    const parent = currentTask.getStore();
    const task = this.#simulation.scheduler.newTask(name, parent === undefined ? {} : { parent });
    const begin = () => currentTask.run(task, () => void body());
    const { process } = this.life;
    if (!this.isAlive) return;
    this.#simulation.scheduler.submit(
      new Step(task, process, "begin", undefined, begin, false, undefined, undefined),
    );
  }

  /**
   * SIGKILL, at this very point: what it waits for never comes, what it held open is closed, what it
   * started lives on. Nothing happens when it is dead already.
   */
  crash(): void {
    if (!this.isAlive) return;
    this.life.end();
    for (const task of this.#tasks) task.lose();
  }

  /** Its calls of the port that have no answer yet, and its timers. */
  waits(): readonly Step[] {
    const { scheduler } = this.#simulation;
    // Work that has not begun has done nothing, and its zombies are reaped by the kernel.
    return scheduler.waitsOf(this.life.process)
      .filter(({ verb }) => verb !== "begin" && verb !== "reap");
  }

  /** Pipes, pidfds, watches and children that it holds, for leak checks. */
  held(): readonly string[] {
    return this.life.held();
  }
}
