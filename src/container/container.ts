import type { EventStream, LifecycleEventType } from "../events.ts";
import type { Context } from "../kernel/context.ts";
import { waitFor } from "../kernel/context.ts";
import { Gate } from "../kernel/gate.ts";
import { Joined } from "../kernel/joined.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { Turns } from "../kernel/turns.ts";
import { CpuRate } from "./cpu_rate.ts";
import type { Preparation } from "./prepare.ts";
import type { Task } from "../task/task.ts";
import { Claim } from "./claim.ts";
import type { LinuxResources } from "./config.ts";
import { type ContainerRecord, putContainerStatus } from "./record.ts";
import type { ContainerStatus } from "./state.ts";
import type { Measurement } from "./writable_layers.ts";
import { Told } from "../plugin/told.ts";
import { shared } from "../kernel/shared_memory.ts";

/**
 * A container, and the one owner of its status. Transitions happen one after another in `transition`:
 * durable first, then visible, then announced, so that events come in the order of what they announce.
 * Readers take `status`, an immutable snapshot, and never wait.
 */
export class Container {
  /** @internal Who starts or removes it now. */
  readonly claim = new Claim();
  /** @internal Its task, being created or created ahead of the start. */
  @shared
  accessor preparation: Preparation | undefined;
  /** @internal Its init and conmon, while they are known to be there. */
  @shared
  accessor task: Task | undefined;
  /** @internal Its root file system is leaving the host, or has left it: who removes its files waits for that. */
  @shared
  accessor rootfsLeaving: Promise<void> | undefined;
  /** @internal The delivery of the stop signal: whoever comes second waits for the first's. */
  @shared
  accessor stopSignal: Promise<void> | undefined;
  /** @internal The stop signal was delivered in this life of the daemon, recorded or not. */
  @shared
  accessor isSignalled = false;
  /** @internal */
  readonly removal = new Joined();
  /** @internal What plugins were told of it. */
  readonly told: Told;
  /** @internal Who ends its task by id: two at a time would take each other's programs for helpers. */
  readonly reapers = new Turns();
  /** @internal Who makes its task, lets it go or changes its limits: one must see what another did. */
  readonly turns = new Turns();
  /** @internal Who changes its limits; whoever ends or forgets it closes this first. */
  readonly gate: Gate;
  /**
   * @internal Limits that its prepared task may have instead, in whole or in part: an update of it was
   * refused or cut off. The start sets the right ones before it lets the task go.
   */
  @shared
  accessor doubtfulLimits: LinuxResources | undefined;
  /** @internal An update that was cut off is gone on with in the background. */
  @shared
  accessor isCatchingUp = false;

  /** @internal Of its statistics, and nobody else's business. */
  readonly cpuRate = new CpuRate();
  /** @internal The same; undefined until what it has written was counted. */
  @shared
  accessor measurement: Measurement | undefined;

  readonly #ended = Promise.withResolvers<void>();
  @shared
  accessor #status: ContainerStatus;
  @shared
  accessor #turn: Promise<unknown> = Promise.resolve();

  /** @internal `createContainer` and recovery make one. */
  constructor(
    /** What is known of it from its creation on, and never changes. */
    readonly record: ContainerRecord,
    status: ContainerStatus,
    /** @internal */
    readonly kernel: Kernel,
    /** @internal */
    readonly events: EventStream,
    told: Told = new Told(),
  ) {
    this.#status = status;
    this.told = told;
    this.gate = new Gate(
      `Cannot update container "${record.id}": it is being ended or removed`,
    );
    if (status.state === "EXITED") this.#ended.resolve();
  }

  /** 64 hexadecimal digits. */
  get id(): string {
    return this.record.id;
  }

  /** The full id of the sandbox that it is in. */
  get sandboxId(): string {
    return this.record.sandboxId;
  }

  /** As it is now: a snapshot, which does not change. */
  get status(): ContainerStatus {
    return this.#status;
  }

  /**
   * @internal Changes the status. `next` is pure and sees the status as it is when its turn has come; undefined
   * means that there is nothing to change. When the commit fails nothing changes.
   *
   * RUNNING is what an intent to start comes to on this boot, and after another one they are the same, an end
   * that nobody saw: whoever makes that transition has synced the intent.
   *
   * @throws {KernelError} when the change cannot be made durable.
   */
  transition(
    next: (current: ContainerStatus) => ContainerStatus | undefined,
    event?: LifecycleEventType,
  ): Promise<void> {
    const done = this.#turn.then(async () => {
      const before = this.#status;
      const status = next(before);
      if (status === undefined) return;
      // After a reboot everything unfinished ends, whatever more is known of it.
      const isImplied = status.state === before.state || status.state === "RUNNING";
      const survives = isImplied ? "daemon" : "machine";
      await this.kernel.store.commit([putContainerStatus(this.id, status)], survives);
      this.#status = status;
      if (event !== undefined) this.announce(event);
      if (status.state === "EXITED") this.#ended.resolve();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** @internal Publishes an event of this container. */
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
