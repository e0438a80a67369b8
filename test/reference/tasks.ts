import type { Context } from "../../src/kernel/context.ts";
import { hasErrno } from "../../src/kernel/errno.ts";
import type { Runtime } from "../../src/runtime.ts";
import { createTask } from "../../src/task/create.ts";
import { taskPaths } from "../../src/task/paths.ts";
import { releaseTask } from "../../src/task/release.ts";
import type { Task, TaskIdentity, TaskRequest } from "../../src/task/task.ts";
import { notFound } from "./meta.ts";

/** How a task ended; 255 where nobody knows. */
export interface Exit {
  readonly code: number;
  readonly at: number;
}

/** A task as the shim above it knows it. */
export class TaskEntry {
  /** `exit` of one that ended before this life of the daemon. */
  constructor(
    readonly identity: TaskIdentity,
    readonly task: Task | undefined,
    public phase: "created" | "running" | "stopped",
    readonly exit?: Exit,
  ) {}

  get id(): string {
    return this.identity.id;
  }

  get pid(): number {
    return this.task?.init.identity.pid ?? 0;
  }
}

/** Budgets of the reference, in milliseconds. */
const SHIM_CLEANUP_MS = 5_000;
const SHIM_SHUTDOWN_MS = 3_000;

/**
 * The task service (plugins/services/tasks/local.go, core/runtime/v2/task_manager.go), which knows the
 * tasks by their shims. Here conmon and runc are the shim: `create` is conmon with `runc create` below
 * it, `start` opens exec.fifo as `runc start` does, `wait` takes the code from conmon's exit file, and
 * `delete` is `Reaper.reap`, which ends what is left of a task by its id. From the end of a deletion on a
 * look-up finds nothing, as it does when a shim is gone. Logs and standard output are conmon's: what the
 * reference's pipes can do wrong has nothing to happen in.
 */
export class TaskService {
  readonly #entries = new Map<string, TaskEntry>();

  constructor(readonly platform: Runtime) {}

  /** Makes a task of an earlier life, or one that was created elsewhere, known. */
  adopt(entry: TaskEntry): void {
    this.#entries.set(entry.id, entry);
  }

  /** A look-up: asks the shim for its state. @throws {RuntimeError} NOT_FOUND. */
  async get(id: string, context: Context): Promise<TaskEntry> {
    await this.#ask(id, context);
    const entry = this.#entries.get(id);
    if (entry === undefined) throw notFound(`task "${id}" not found`);
    return entry;
  }

  /**
   * Creates a task. When that fails what there is of it goes; when the question for its pid fails, which
   * comes last and with the client's context, nobody undoes the creation (W1; local.go:277-285).
   */
  async create(request: TaskRequest, context: Context): Promise<TaskEntry> {
    const { kernel, config, life } = this.platform;
    let task: Task;
    try {
      task = await createTask(kernel, config, request, context);
    } catch (error) {
      using bounded = life.within(kernel.clock, SHIM_CLEANUP_MS, "shim cleanup");
      await this.deleteById(request, bounded).catch((it) => this.platform.reportIfBug(it));
      throw error;
    }
    const entry = new TaskEntry(request, task, "created");
    this.adopt(entry);
    await this.#ask(request.id, context);
    return entry;
  }

  /** Executes the user's program, then asks for its state with the client's context (W3; local.go:306-312). */
  async start(entry: TaskEntry, context: Context): Promise<void> {
    const { kernel, config } = this.platform;
    if (entry.task === undefined) throw notFound(`task "${entry.id}" not found`);
    await releaseTask(kernel, config, entry.id, entry.task, context);
    entry.phase = "running";
    await this.#ask(entry.id, context);
  }

  /** Resolves when the task has ended. Belongs to no client. */
  async wait(entry: TaskEntry): Promise<Exit> {
    const { kernel, exitFiles, life } = this.platform;
    if (entry.task === undefined) return entry.exit ?? { code: 255, at: kernel.clock.nowMicros() };
    await entry.task.init.exited(life);
    const at = kernel.clock.nowMicros();
    const code = await exitFiles.codeOf(entry.id, entry.task.supervisor, life);
    entry.phase = "stopped";
    return { code: code ?? 255, at };
  }

  /** Signals the init. Done or not when the context ends. @throws {RuntimeError} NOT_FOUND. */
  async kill(entry: TaskEntry, signal: number, context: Context): Promise<void> {
    await this.#ask(entry.id, context);
    try {
      await entry.task?.init.signal(signal);
    } catch (error) {
      if (hasErrno(error, "ESRCH")) throw notFound(`process of "${entry.id}" not found`);
      throw error;
    }
    context.throwIfCancelled();
  }

  /** Kills what is left, deletes it and shuts the shim down. @throws {RuntimeError} NOT_FOUND. */
  async delete(entry: TaskEntry, context: Context): Promise<void> {
    const { exitFiles, kernel, reaper } = this.platform;
    if (this.#entries.get(entry.id) !== entry) throw notFound(`task "${entry.id}" not found`);
    const options = { mayHaveHelpers: false, known: [entry.task?.init.identity] };
    await reaper.reap(entry.identity, options, context);
    using bounded = context.within(kernel.clock, SHIM_SHUTDOWN_MS, "shim shutdown");
    await entry.task?.supervisor?.exited(bounded).catch(() => {});
    await exitFiles.remove(entry.id);
    if (this.#entries.get(entry.id) === entry) this.#entries.delete(entry.id);
    entry.task?.[Symbol.dispose]();
  }

  /** The shim's delete command: ends a task that no look-up finds. Nothing is left to do is fine. */
  async deleteById(identity: TaskIdentity, context: Context): Promise<void> {
    const { exitFiles, reaper } = this.platform;
    const options = { mayHaveHelpers: true, known: [] };
    await reaper.reap(identity, options, context);
    await exitFiles.remove(identity.id);
  }

  /** A call to the shim: takes a while, and ends with its context. */
  async #ask(id: string, context: Context): Promise<void> {
    const { kernel, config } = this.platform;
    context.throwIfCancelled();
    await kernel.files.stat(taskPaths(config, id).runtimeState);
    context.throwIfCancelled();
  }
}
