import type { ContainerRecord } from "../../src/container/record.ts";
import type { ContainerStatus } from "../../src/container/state.ts";
import type { ContainerView } from "../../sim/lifecycle/operations.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { StopChannel } from "./goroutine.ts";
import { type Status, viewOf } from "./status.ts";

/** A container in the service's store (store/container/container.go). */
export class Container implements ContainerView {
  /** Closed when its end was recorded. */
  readonly stopped = new StopChannel();
  /** Set by the first stop with a grace period, before it sends the signal (W6). */
  isStopSignalled = false;
  #current: Status;
  #view: ContainerStatus;
  #writeLock: Promise<unknown> = Promise.resolve();

  constructor(readonly record: ContainerRecord, status: Status, readonly checkpoint: Checkpoint) {
    this.#current = status;
    this.#view = viewOf(status);
    if (this.#view.state === "EXITED") this.stopped.close();
  }

  get id(): string {
    return this.record.id;
  }

  get sandboxId(): string {
    return this.record.sandboxId;
  }

  get status(): ContainerStatus {
    return this.#view;
  }

  /** The status with its flags. */
  get current(): Status {
    return this.#current;
  }

  /** Changes memory only: flags. What `next` throws changes nothing. */
  update(next: (status: Status) => Status): Promise<void> {
    return this.#locked(async () => await this.#publish(next(this.#current)));
  }

  /** Writes the checkpoint, then memory, all under the write lock (store/container/status.go:271-287). */
  updateSync(next: (status: Status) => Status): Promise<void> {
    return this.#locked(async () => {
      const status = next(this.#current);
      await this.checkpoint.write(status);
      this.#publish(status);
    });
  }

  #publish(status: Status): void {
    this.#current = status;
    this.#view = viewOf(status);
  }

  #locked(work: () => Promise<void>): Promise<void> {
    const done = this.#writeLock.then(work);
    this.#writeLock = done.catch(() => {});
    return done;
  }
}
