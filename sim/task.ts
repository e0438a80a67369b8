import { AsyncLocalStorage } from "node:async_hooks";

/** Something that makes progress by steps: an RPC, a daemon's life, a process, a scenario. */
export class Task {
  /** Numbers the next step. */
  seqNext = 1;
  /** The last step that ran, as text, for reports. */
  lastStep = "";

  constructor(readonly id: number, public name: string) {}
}

/**
 * Whose turn it is. Follows promises and callbacks, so that code under test needs no parameter for
 * it; reads neither clock nor chance.
 */
export const currentTask: AsyncLocalStorage<Task> = new AsyncLocalStorage();
