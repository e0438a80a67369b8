import type { EventStream, LifecycleEventType } from "../events.ts";
import type { Context } from "../kernel/context.ts";
import { waitFor } from "../kernel/context.ts";
import { Joined } from "../kernel/joined.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../task/task.ts";
import { Claim } from "./claim.ts";
import { type ContainerRecord, putContainerStatus } from "./record.ts";
import type { ContainerStatus } from "./state.ts";

/**
 * A container, and the one owner of its status. Transitions happen one after another in `transition`:
 * durable first, then visible, then announced, so that events come in the order of what they announce.
 * Readers take `status`, an immutable snapshot, and never wait.
 */
export class Container {
  readonly claim = new Claim();
  /** Its init and conmon, while they are known to be there. */
  task: Task | undefined;
  /** The delivery of the stop signal: whoever comes second waits for the first's. */
  stopSignal: Promise<void> | undefined;
  /** The stop signal was delivered in this life of the daemon, recorded or not. */
  isSignalled = false;
  readonly removal = new Joined();

  readonly #ended = Promise.withResolvers<void>();
  #status: ContainerStatus;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly record: ContainerRecord,
    status: ContainerStatus,
    readonly kernel: Kernel,
    readonly events: EventStream,
  ) {
    this.#status = status;
    if (status.state === "EXITED") this.#ended.resolve();
  }

  get id(): string {
    return this.record.id;
  }

  get sandboxId(): string {
    return this.record.sandboxId;
  }

  get status(): ContainerStatus {
    return this.#status;
  }

  /**
   * Changes the status. `next` is pure and sees the status as it is when its turn has come; undefined
   * means that there is nothing to change. When the commit fails nothing changes.
   *
   * @throws {KernelError} when the change cannot be made durable.
   */
  transition(
    next: (current: ContainerStatus) => ContainerStatus | undefined,
    event?: LifecycleEventType,
  ): Promise<void> {
    const done = this.#turn.then(async () => {
      const status = next(this.#status);
      if (status === undefined) return;
      await this.kernel.store.commit([putContainerStatus(this.id, status)]);
      this.#status = status;
      if (event !== undefined) this.announce(event);
      if (status.state === "EXITED") this.#ended.resolve();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Publishes an event of this container. */
  announce(type: LifecycleEventType): void {
    const at = this.kernel.clock.nowMicros();
    this.events.publish({ type, id: this.id, sandboxId: this.sandboxId, at });
  }

  /**
   * Waits until the container is EXITED.
   *
   * @throws {RuntimeError} the context's cause.
   */
  ended(context: Context): Promise<void> {
    return waitFor(this.#ended.promise, context);
  }
}
