import { RuntimeError } from "../src/errors.ts";
import type { Task } from "./task.ts";

/** What became of a task. `lost`: its daemon crashed, so its caller never hears. */
export type TaskState = "running" | "fulfilled" | "rejected" | "lost";

/** One piece of work in a simulation: a client's RPC, a scenario, the daemon's own life. */
export class SimTask<T> {
  /** Settles with the work; rejected with UNAVAILABLE when the daemon crashes, as a client sees it. */
  readonly promise: Promise<T>;
  /** Resolves when the work is over, however it ended. */
  readonly settled: Promise<void>;
  #state: TaskState = "running";
  #value: T | undefined;
  #error: unknown;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onSettled: () => void;

  /** @internal A simulation makes one. */
  constructor(
    /** @internal */
    readonly task: Task,
    onSettled: () => void,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.promise = promise;
    this.settled = promise.then(() => {}, () => {});
    this.#resolve = resolve as (value: unknown) => void;
    this.#reject = reject;
    this.#onSettled = onSettled;
  }

  /** As it was begun; histories show it. */
  get name(): string {
    return this.task.name;
  }

  /** What became of it so far. */
  get state(): TaskState {
    return this.#state;
  }

  /** Whether it is over, however it ended. */
  get isSettled(): boolean {
    return this.#state !== "running";
  }

  /**
   * What the work returned.
   *
   * @throws what it threw; an Error while it runs.
   */
  get value(): T {
    if (this.#state === "running") throw new Error(`Cannot read ${this.name}: it is still running`);
    if (this.#state === "fulfilled") return this.#value as T;
    throw this.#error;
  }

  /** What the work threw, or undefined. */
  get error(): unknown {
    return this.#error;
  }

  /** @internal Starts the work; called by the scheduler. */
  begin(body: () => Promise<T> | T): void {
    let result: Promise<T> | T;
    try {
      result = body();
    } catch (error) {
      return this.#settle("rejected", undefined, error);
    }
    if (!(result instanceof Promise)) return this.#settle("fulfilled", result, undefined);
    result.then(
      (value) => this.#settle("fulfilled", value, undefined),
      (error: unknown) => this.#settle("rejected", undefined, error),
    );
  }

  /** @internal The daemon that worked on it is gone. */
  lose(): void {
    this.#settle(
      "lost",
      undefined,
      new RuntimeError("UNAVAILABLE", `${this.name}: the daemon crashed`),
    );
  }

  #settle(state: TaskState, value: T | undefined, error: unknown): void {
    if (this.#state !== "running") return;
    this.#state = state;
    this.#value = value;
    this.#error = error;
    this.#onSettled();
    if (state === "fulfilled") this.#resolve(value);
    else this.#reject(error);
  }
}
