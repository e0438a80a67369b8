import { AsyncLocalStorage } from "node:async_hooks";
import { footprints } from "./footprint.ts";

/** Something that makes progress by steps: an RPC, a daemon's life, a process, a scenario. */
export class Task {
  /**
   * What it is in every run of the same program, whatever the order in which tasks came to be: the key
   * of the task that began it, and which of its children it is. "3.1" is the first child of "3".
   */
  readonly key: string;
  /** Numbers the next step. */
  seqNext = 1;
  /** The last step that ran, as text, for reports. */
  lastStep = "";
  #childCount = 0;

  /** `id` counts the tasks of a run, in the order in which they came to be. */
  constructor(readonly id: number, public name: string, key: string) {
    this.key = key;
  }

  /** The key of its next child. */
  nextChildKey(): string {
    footprints.present?.touch(`children of task ${this.key}`, "write");
    const number = ++this.#childCount;
    return this.key === "" ? String(number) : `${this.key}.${number}`;
  }
}

/**
 * Whose turn it is. Follows promises and callbacks, so that code under test needs no parameter for
 * it; reads neither clock nor chance.
 */
export const currentTask: AsyncLocalStorage<Task> = new AsyncLocalStorage();
