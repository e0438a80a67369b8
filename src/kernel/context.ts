import { RuntimeError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import { tellAccess, tellCreated } from "./shared_memory.ts";

/**
 * How long a piece of work is wanted: until its client cancels, its deadline passes, or its owner
 * ends it. A cancelled context never recovers, and cancelling is synchronous: listeners run before
 * `cancel` returns.
 *
 * A call that takes a context ends as one of three: not done and an error, done and an error, done
 * and its result. Whoever undoes work must therefore undo by id, not by what a call returned.
 */
export class Context {
  /** Shared memory, too hot for a decorator: whoever looks at it tells. */
  // deno-lint-ignore slipway/shared-memory
  #cause: RuntimeError | undefined;
  /** Called together with looks at the cause. */
  // deno-lint-ignore slipway/shared-memory
  #listeners: Set<(cause: RuntimeError) => void> | undefined;

  /** One that nobody has cancelled yet. */
  constructor() {
    tellCreated(this);
  }

  /** A context that nobody cancels: for work that outlives its client. */
  static background(): Context {
    return new Context();
  }

  /** Why it is over, or undefined while the work is still wanted. */
  get cause(): RuntimeError | undefined {
    tellAccess(this, "cause", "read");
    return this.#cause;
  }

  /**
   * Stops work that is no longer wanted.
   *
   * @throws {RuntimeError} the cause.
   */
  throwIfCancelled(): void {
    if (this.cause !== undefined) throw this.cause;
  }

  /** Ends the work; the first cause stays. */
  cancel(cause: RuntimeError = new RuntimeError("CANCELLED", "context cancelled")): void {
    if (this.cause !== undefined) return;
    tellAccess(this, "cause", "write");
    this.#cause = cause;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) { for (const listener of listeners) listener(cause); }
  }

  /** Calls `listener` when the context is cancelled, at once if it was; dispose it to forget. */
  onCancel(listener: (cause: RuntimeError) => void): Disposable {
    if (this.cause !== undefined) {
      listener(this.cause);
      return NOTHING;
    }
    const listeners = this.#listeners ??= new Set();
    listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        // Who is not cancelled any more has to come before or behind whoever cancels.
        tellAccess(this, "cause", "read");
        listeners.delete(listener);
      },
    };
  }

  /** A context that ends with this one, or earlier on its own. Dispose it when the work is over. */
  child(): Context & Disposable {
    return new ChildContext(this);
  }

  /**
   * A context that ends with this one or `ms` milliseconds from now, whichever is first. Dispose it
   * when the work is over, so that no timer is left.
   */
  within(clock: Clock, ms: number, what: string): Context & Disposable {
    return new BoundedContext(this, clock, ms, what);
  }
}

class ChildContext extends Context implements Disposable {
  readonly #parent: Disposable;

  constructor(parent: Context) {
    super();
    this.#parent = parent.onCancel((cause) => this.cancel(cause));
  }

  [Symbol.dispose](): void {
    this.#parent[Symbol.dispose]();
  }
}

class BoundedContext extends ChildContext {
  readonly #timer: Disposable;

  constructor(parent: Context, clock: Clock, ms: number, what: string) {
    super(parent);
    this.#timer = this.cause !== undefined ? NOTHING : clock.after(
      ms,
      () => this.cancel(new RuntimeError("DEADLINE_EXCEEDED", `${what}: not done within ${ms} ms`)),
    );
  }

  override [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    super[Symbol.dispose]();
  }
}

const NOTHING: Disposable = { [Symbol.dispose]: () => {} };

/** What the losers of a race end with: nobody hears of it, so all races share it. */
const DECIDED = new RuntimeError("CANCELLED", "another wait was first");

/**
 * Waits `ms` milliseconds.
 *
 * @throws {RuntimeError} the context's cause, when it ends first.
 */
export function sleep(clock: Clock, ms: number, context: Context): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (context.cause !== undefined) return Promise.reject(context.cause);
  const timer = clock.after(ms, () => {
    listener[Symbol.dispose]();
    resolve();
  });
  const listener = context.onCancel((cause) => {
    timer[Symbol.dispose]();
    reject(cause);
  });
  return promise;
}

/**
 * Waits for `promise` no longer than `context` lasts. The work behind the promise goes on: its owner
 * is somebody else.
 *
 * @throws {RuntimeError} the context's cause, when it ends first.
 */
export async function waitFor<T>(promise: Promise<T>, context: Context): Promise<T> {
  const { promise: first, resolve, reject } = Promise.withResolvers<T>();
  using _listener = context.onCancel(reject);
  promise.then(resolve, reject);
  return await first;
}

/**
 * Starts several waits and returns what the first one to settle gives; the others are cancelled.
 *
 * @throws what the first one throws; the context's cause.
 */
export async function firstOf<T>(
  context: Context,
  ...waits: readonly ((context: Context) => Promise<T>)[]
): Promise<T> {
  using race = context.child();
  const started = waits.map((wait) => wait(race));
  try {
    return await Promise.race(started);
  } finally {
    race.cancel(DECIDED);
  }
}

/** Waits `ms` milliseconds, or until `hurried` settles or the context ends, whichever is first. */
export async function pause(
  clock: Clock,
  ms: number,
  hurried: Promise<unknown>,
  context: Context,
): Promise<void> {
  await firstOf<unknown>(
    context,
    (race) => waitFor(hurried, race),
    (race) => sleep(clock, ms, race),
  ).catch(() => {});
}
