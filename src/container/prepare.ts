import { type Context, sleep, waitFor } from "../kernel/context.ts";
import type { Lifetime } from "../kernel/lifetime.ts";
import type { Runtime } from "../runtime.ts";
import type { Gate } from "../kernel/gate.ts";
import { spanned } from "../telemetry.ts";
import { createTask } from "../task/create.ts";
import type { Task, TaskRequest } from "../task/task.ts";
import type { Container } from "./container.ts";
import { prepareLog } from "./logs.ts";
import { writeLimits } from "./spec.ts";
import { taskIdentity } from "./task.ts";
import { shared, SharedQueue } from "../kernel/shared_memory.ts";

/**
 * The task of a container, created ahead of its start: everything is there but the user's program, which
 * waits for StartContainer. It belongs to the container, not to a client; what went wrong is kept for
 * StartContainer to report.
 */
export class Preparation {
  /** Settles with the task; a failure is nobody's until somebody asks. */
  readonly task: Promise<Task>;
  readonly #context: Context & Disposable;

  constructor(life: Lifetime, create: (context: Context) => Promise<Task>) {
    this.#context = life.child();
    this.task = life.own(create(this.#context)).finally(() => this.#context[Symbol.dispose]());
    this.task.catch(() => {});
  }

  /**
   * Ends it, wherever it is; parts of the task may be left, to be reaped by id.
   *
   * @throws {RuntimeError} the context's cause.
   */
  async cancel(context: Context): Promise<void> {
    this.#context.cancel();
    const settled = this.task.then((task) => task[Symbol.dispose](), () => {});
    await waitFor(settled, context);
  }
}

/**
 * Prepares tasks in the background, from CreateContainer on, so that StartContainer has little left to
 * do. A few at a time, since every spawn holds up the daemon for a moment; and only so many that wait
 * for their start, since each costs a conmon and an init.
 */
export class Preparer {
  @shared
  accessor #running = 0;
  readonly #waiting = new SharedQueue<() => void>();

  constructor(readonly runtime: Runtime) {}

  /** Begins to prepare a container that was just created, unless that is switched off or too much. */
  begin(container: Container, gate: Gate): void {
    const { config, containers, life } = this.runtime;
    if (config.prepare === "lazy" || gate.isClosed) return;
    const prepared = [...containers.values()].filter((it) => it.preparation !== undefined).length;
    if (prepared >= config.bounds.preparedTasksMax) return;
    container.preparation = new Preparation(life, async (context) => {
      using pass = gate.enter(context);
      // A spawn holds up the daemon for a millisecond or two: CreateContainer's answer goes first.
      await sleep(this.runtime.kernel.clock, 0, pass.context);
      await this.#turn(pass.context);
      try {
        return await spanned(
          this.runtime.telemetry,
          "task.prepare",
          { "container.id": container.id },
          () => createContainerTask(this.runtime, container, pass.context),
        );
      } finally {
        this.#running--;
        this.#waiting.shift()?.();
      }
    });
  }

  async #turn(context: Context): Promise<void> {
    while (this.#running >= this.runtime.config.bounds.preparationsAtOnce) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      try {
        await waitFor(promise, context);
      } catch (error) {
        // Whoever was woken and left passes the turn on.
        if (!this.#waiting.remove(resolve)) this.#waiting.shift()?.();
        throw error;
      }
    }
    this.#running++;
  }
}

/** Creates the task of a container now. */
export async function createContainerTask(
  runtime: Runtime,
  container: Container,
  context: Context,
): Promise<Task> {
  await prepareLog(runtime.kernel, container.record);
  const { resources } = container.status;
  if (resources !== undefined) await writeLimits(runtime, container.id, resources);
  return await createTask(runtime.kernel, runtime.config, taskRequest(runtime, container), context);
}

/**
 * Takes back what was prepared for a container that will not be started. Idempotent.
 *
 * @throws {KernelError} the first step that Linux refuses; {RuntimeError} the context's cause.
 */
export async function abandonPreparation(
  runtime: Runtime,
  container: Container,
  context: Context,
): Promise<void> {
  if (container.preparation === undefined) return;
  await container.preparation.cancel(context);
  using _turn = await container.reapers.take(context);
  const options = { mayHaveHelpers: true, known: [] };
  const identity = taskIdentity(runtime, container.record);
  await runtime.reaper.reap(identity, options, context);
  container.preparation = undefined;
}

function taskRequest(runtime: Runtime, { record }: Container): TaskRequest {
  return {
    ...taskIdentity(runtime, record),
    terminal: record.config.tty,
    stdin: record.config.stdin,
    keepsStdin: record.config.stdin && !record.config.stdinOnce,
    logPath: record.logPath,
  };
}
