import { setImmediate } from "node:timers";

/** Is told of promises, at once. */
export interface PromiseWatcher {
  /** One comes to be, and will be settled by the one that it waits for, if there is such a one. */
  promised(promise: object, awaited: object | undefined): void;
  /** One is resolved or rejected. */
  settled(promise: object): void;
  /** Code runs that waited, and whose end settles this one. */
  resumed(promise: object): void;
}

interface DenoInternal {
  readonly core: {
    readonly runMicrotasks?: () => void;
    readonly setPromiseHooks?: (
      init: PromiseWatcher["promised"],
      before: PromiseWatcher["resumed"],
      after: undefined,
      resolve: PromiseWatcher["settled"],
    ) => void;
  };
}

const core = findCore();
const runMicrotasks = core?.runMicrotasks;

/**
 * Runs every microtask that is due, and those that they queue, until none is left: afterwards all
 * code of the simulation waits for the scheduler. Works only outside microtasks, which
 * {@linkcode canDrain} tells.
 */
export const drain: () => void = runMicrotasks ?? (() => {});

/** Whether {@linkcode drain} works from where the caller stands. */
export function canDrain(): boolean {
  let hasRun = false;
  Promise.resolve().then(() => hasRun = true);
  drain();
  return hasRun;
}

/**
 * Calls `body` from a macrotask, where {@linkcode drain} works. Code behind an `await` is in a
 * microtask: a test that runs a simulation there needs this.
 */
export function inMacrotask<T>(body: () => T): Promise<Awaited<T>> {
  return new Promise((resolve, reject) =>
    setImmediate(() => {
      try {
        resolve(body() as Awaited<T>);
      } catch (error) {
        reject(error);
      }
    })
  );
}

/** Lets all microtasks run by returning to the event loop: three to four times slower, always sound. */
export function afterMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

let promiseWatcher: PromiseWatcher | undefined;
let isHooked = false;

/**
 * Has `watcher` told of every promise from now on, or nobody. Returns false where that cannot be done. From
 * the first time on every promise of this thread takes a little longer: what is hooked cannot be unhooked.
 */
export function watchPromises(watcher: PromiseWatcher | undefined): boolean {
  promiseWatcher = watcher;
  if (core?.setPromiseHooks === undefined) return false;
  if (isHooked || watcher === undefined) return true;
  isHooked = true;
  core.setPromiseHooks(
    (promise, awaited) => promiseWatcher?.promised(promise, awaited),
    (promise) => promiseWatcher?.resumed(promise),
    undefined,
    (promise) => promiseWatcher?.settled(promise),
  );
  return true;
}

/** Internals of Deno, so they may go away: then slower ways are gone. */
function findCore(): DenoInternal["core"] | undefined {
  const runtime = Deno as unknown as Record<symbol, DenoInternal | undefined>;
  const internal = (Deno as unknown as { readonly internal?: symbol }).internal;
  return internal === undefined ? undefined : runtime[internal]?.core;
}
