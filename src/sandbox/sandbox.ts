import { CpuRate } from "../container/cpu_rate.ts";
import type { EventStream, LifecycleEventType } from "../events.ts";
import { Gate } from "../kernel/gate.ts";
import { Joined } from "../kernel/joined.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Task } from "../task/task.ts";
import { putSandboxStatus, type SandboxRecord } from "./record.ts";
import type { SandboxStatus } from "./state.ts";
import { Told } from "../plugin/told.ts";
import { shared } from "../kernel/shared_memory.ts";

/**
 * A sandbox, and the one owner of its status: durable first, then visible, then announced. Readers take
 * `status`, an immutable snapshot, and never wait.
 */
export class Sandbox {
  /** @internal Who may come in: containers to be created and started. */
  readonly gate: Gate;
  /** @internal The init of its shared PID namespace, while it is known to be there. */
  @shared
  accessor pause: Task | undefined;
  /** @internal */
  readonly stop = new Joined();
  /** @internal */
  readonly removal = new Joined();
  /** @internal What plugins were told of it. */
  readonly told = new Told();
  /** @internal Of its statistics, and nobody else's business. */
  readonly cpuRate = new CpuRate();

  @shared
  accessor #status: SandboxStatus;
  @shared
  accessor #turn: Promise<unknown> = Promise.resolve();

  /** @internal `runPodSandbox` and recovery make one. */
  constructor(
    /** What was known of it before its first step, and never changes. */
    readonly record: SandboxRecord,
    status: SandboxStatus,
    /** @internal */
    readonly kernel: Kernel,
    /** @internal */
    readonly events: EventStream,
  ) {
    this.#status = status;
    this.gate = new Gate(
      `sandbox "${record.id}" is not ready: it is being stopped or has been`,
    );
    if (status.phase === "STOPPING" || status.phase === "STOPPED") this.gate.close();
  }

  /** 64 hexadecimal digits. */
  get id(): string {
    return this.record.id;
  }

  /** As it is now: a snapshot, which does not change. */
  get status(): SandboxStatus {
    return this.#status;
  }

  /**
   * @internal Changes the status. `next` is pure and sees the status as it is when its turn has come.
   *
   * @throws {KernelError} when the change cannot be made durable; nothing has changed then.
   */
  transition(
    next: (current: SandboxStatus) => SandboxStatus,
    ...events: readonly LifecycleEventType[]
  ): Promise<void> {
    const done = this.#turn.then(async () => {
      const before = this.#status;
      const status = next(before);
      if (status === before) return;
      // After a reboot no sandbox is ready, whether somebody had begun to stop it or not; but what
      // a client was told is told for good.
      const isImplied = status.phase === "STOPPING" && status.isStopTold === before.isStopTold;
      const survives = isImplied ? "daemon" : "machine";
      await this.kernel.store.commit([putSandboxStatus(this.id, status)], survives);
      this.#status = status;
      if (status.phase === before.phase) return;
      for (const event of events) {
        // That it stopped, only once, whatever became of the daemon meanwhile.
        if (event !== "STOPPED" || !before.isStopTold) this.announce(event);
      }
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /** @internal Publishes an event of this sandbox. */
  announce(type: LifecycleEventType): void {
    const at = this.kernel.clock.nowMicros();
    this.events.publish({ type, id: this.id, sandboxId: this.id, at });
  }
}
