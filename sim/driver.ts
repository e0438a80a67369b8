import { setImmediate } from "node:timers";

interface DenoInternal {
  readonly core: { readonly runMicrotasks: () => void };
}

const runMicrotasks = findRunMicrotasks();

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

/** An internal of Deno, so it may go away: then the slower driver is used. */
function findRunMicrotasks(): (() => void) | undefined {
  const runtime = Deno as unknown as Record<symbol, DenoInternal | undefined>;
  const internal = (Deno as unknown as { readonly internal?: symbol }).internal;
  if (internal === undefined) return undefined;
  return runtime[internal]?.core?.runMicrotasks;
}
