import { Context, sleep } from "../../src/kernel/context.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";

/**
 * A point at which another goroutine may run. The reference is written in Go, where this can be anywhere;
 * the port has one wherever the reference wakes, starts or asks somebody else.
 */
export function yieldPoint(kernel: Kernel): Promise<void> {
  return sleep(kernel.clock, 0, Context.background());
}

/** Go's channel that is only ever closed: who waits goes on, now or as soon as it is. */
export class StopChannel {
  readonly #closed = Promise.withResolvers<void>();
  isClosed = false;

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Any number of times. */
  close(): void {
    this.isClosed = true;
    this.#closed.resolve();
  }
}

/** What a function has to undo when it fails, last first, as Go's deferred calls run. */
export type Deferred = (() => Promise<void> | void)[];

/** Runs deferred calls, last first. They deal with their own errors. */
export async function runDeferred(deferred: Deferred): Promise<void> {
  for (const call of deferred.toReversed()) await call();
}
