import { footprints } from "../footprint.ts";
import { WaitQueue } from "../step.ts";

/** The exclusive lock of a file: an open file description has it, until its last close (man 2 flock). */
export class FileLock {
  /** Told when the lock becomes free. */
  readonly changed: WaitQueue = new WaitQueue();
  #owner: object | undefined;

  constructor(
    /** @internal Which one of the machine it is. */
    readonly label: string,
  ) {}

  /** Whether `owner` would not wait for it. */
  isFreeFor(owner: object): boolean {
    footprints.present?.touch(this.label, "read");
    return this.#owner === undefined || this.#owner === owner;
  }

  /** Taken from now on, by one for whom it is free. */
  take(owner: object): void {
    footprints.present?.touch(this.label, "write");
    this.#owner = owner;
  }

  /** Free again, if `owner` has it. */
  release(owner: object): void {
    if (this.#owner !== owner) return;
    footprints.present?.touch(this.label, "write");
    this.#owner = undefined;
    this.changed.wake();
  }
}
