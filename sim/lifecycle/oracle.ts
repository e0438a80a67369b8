import { START_ERROR, UNKNOWN_EXIT } from "../../src/container/state.ts";
import { messageOf, RuntimeError } from "../../src/errors.ts";
import type { LifecycleEvent, LifecycleEventType } from "../../src/events.ts";
import { sandboxPaths } from "../../src/sandbox/paths.ts";
import { containerPaths } from "../../src/container/paths.ts";
import { taskPaths } from "../../src/task/paths.ts";
import { SIGKILL } from "../../src/kernel/processes.ts";
import type { Step } from "../step.ts";
import type { Machine } from "../world/machine.ts";
import { hold, StatusHistory } from "./history.ts";
import type { ContainerView, Lifecycle } from "./operations.ts";

/** What the oracle knows of a container from the machine, whatever the daemon says. */
interface Truth {
  readonly id: string;
  readonly sandboxId: string;
  readonly cgroup: string;
  readonly history: StatusHistory;
  isRemoved: boolean;
}

const EVENT_ORDER: Readonly<Record<LifecycleEventType, number>> = {
  CREATED: 0,
  STARTED: 1,
  STOPPED: 2,
  DELETED: 3,
};

/**
 * Says whether the lifecycle is right, from the machine's own knowledge: invariants I1 to I12 and I17
 * to I19. What must always hold is asked after every step; what an answer promises, when it is given;
 * the rest when nothing is under way.
 */
export class Oracle {
  readonly #truths = new Map<string, Truth>();
  readonly #stoppedSandboxes = new Set<string>();
  readonly #removedSandboxes = new Set<string>();
  readonly #events = new Map<string, Set<LifecycleEventType>>();
  #executionCount = 0;
  #bug: unknown;
  /** Deliveries of stop signals in this life of the daemon, by container. */
  readonly #stopSignals = new Map<string, Step>();
  #runtime: Lifecycle | undefined;

  constructor(readonly machine: Machine) {}

  /** A life of the daemon has begun; undefined: there is none. */
  watch(runtime: Lifecycle | undefined): void {
    this.#runtime = runtime;
    this.#stopSignals.clear();
  }

  /** The core found a mistake of its own in background work. */
  bug(error: unknown): void {
    this.#bug ??= error;
  }

  /** After every step: what always holds. */
  afterStep(step: Step): void {
    if (step.verb === "handle.signal") this.#checkStopSignal(step);
    if (this.#bug !== undefined) throw this.#bug;
    this.#checkSingleStart();
    if (this.#stoppedSandboxes.size > 0) this.#checkStoppedSandboxes();
    const runtime = this.#runtime;
    if (runtime === undefined) return;
    for (const container of runtime.containers.values()) this.#observe(container);
  }

  /** An event was published (I10): in order, each at most once. */
  event(event: LifecycleEvent): void {
    let seen = this.#events.get(event.id);
    if (seen === undefined) this.#events.set(event.id, seen = new Set());
    const about = () =>
      `${event.id.slice(0, 8)}: ${event.type} after ${[...seen ?? []].join(", ")}`;
    hold(!seen.has(event.type), "I10 event order", about);
    for (const type of seen) {
      hold(EVENT_ORDER[type] < EVENT_ORDER[event.type], "I10 event order", about);
    }
    seen.add(event.type);
  }

  /** StopContainer answered OK (I3). */
  containerStopped(runtime: Lifecycle, id: string): void {
    const state = runtime.containers.get(id)?.status.state;
    const about = () => `container ${id.slice(0, 8)} is ${state}, init ${this.#initText(id)}`;
    hold(state !== "RUNNING" && state !== "UNKNOWN", "I3 stop-post", about);
    hold(this.machine.processesOf(id).every((it) => !it.hasExecuted), "I3 stop-post", about);
  }

  /** StartContainer failed (I17); "already dead" must not be said of a program that ran (I9). */
  startFailed(runtime: Lifecycle, id: string, error: unknown): void {
    const container = runtime.containers.get(id);
    if (container?.status.state !== "EXITED") return;
    const isCalledDead = error instanceof RuntimeError && error.message.endsWith("already dead");
    hold(
      !isCalledDead || this.machine.startCount(id) === 0,
      "I9 exit fidelity",
      () => `container ${id.slice(0, 8)} ran and its start was called failed`,
    );
    hold(
      this.machine.processesOf(id).length === 0,
      "I17 start-error",
      () => `container ${id.slice(0, 8)} is EXITED with a live task`,
    );
  }

  /** An operation that must always succeed was refused, though nothing was wrong (I3, I11). */
  refused(what: string, error: unknown): void {
    const isExpected = error instanceof RuntimeError &&
      ["CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"].includes(error.code);
    hold(isExpected, "I11 retry liveness", () => `${what} failed: ${messageOf(error)}`);
  }

  /** RemoveContainer answered OK (I4). */
  containerRemoved(runtime: Lifecycle, id: string): void {
    const truth = this.#truths.get(id);
    if (truth !== undefined) truth.isRemoved = true;
    const { config } = runtime;
    const task = taskPaths(config, id);
    const left = [
      ...this.machine.processesOf(id).map((it) => `process ${it.pid}`),
      ...[task.bundle, task.exitFile, task.runtimeDirectory, containerPaths(config, id).directory]
        .filter((path) => this.machine.tree.find(path) !== undefined),
      ...(truth !== undefined && this.machine.cgroups.find(truth.cgroup) !== undefined
        ? [`cgroup ${truth.cgroup}`]
        : []),
      ...(runtime.containers.get(id) === undefined ? [] : ["the container"]),
      ...[...runtime.containerNames.entries()].filter(([, holder]) => holder === id)
        .map(([name]) => `name ${name}`),
      ...this.machine.store.records().filter((it) => it.id === id).map((it) =>
        `record ${it.table}`
      ),
    ];
    hold(left.length === 0, "I4 remove-post", () => `${id.slice(0, 8)} left ${left.join(", ")}`);
  }

  /** StopPodSandbox answered OK (I5). */
  sandboxStopped(runtime: Lifecycle, id: string): void {
    hold(
      !runtime.isReady(id),
      "I5 sandbox-stop-post",
      () => `sandbox ${id.slice(0, 8)} is still ready`,
    );
    const { net } = sandboxPaths(runtime.config, id);
    hold(
      this.machine.tree.find(net) === undefined,
      "I5 sandbox-stop-post",
      () => `network namespace of ${id.slice(0, 8)} is still pinned`,
    );
    this.#stoppedSandboxes.add(id);
    this.#checkStoppedSandboxes();
  }

  /** RemovePodSandbox answered OK (I6). */
  sandboxRemoved(runtime: Lifecycle, id: string): void {
    this.sandboxStopped(runtime, id);
    this.#removedSandboxes.add(id);
    const left = [
      ...[...runtime.containers.values()].filter((it) => it.sandboxId === id)
        .map((it) => `container ${it.id.slice(0, 8)}`),
      ...this.machine.store.records().filter((it) => it.id === id).map((it) =>
        `record ${it.table}`
      ),
      ...[...runtime.sandboxNames.entries()].filter(([, holder]) => holder === id)
        .map(([name]) => `name ${name}`),
      ...[sandboxPaths(runtime.config, id).directory]
        .filter((path) => this.machine.tree.find(path) !== undefined),
    ];
    hold(
      left.length === 0,
      "I6 sandbox-remove-post",
      () => `${id.slice(0, 8)} left ${left.join(", ")}`,
    );
  }

  /** Nothing is under way, no fault is active: states are true (I2), codes too (I9), names fit (I7). */
  atQuiescence(runtime: Lifecycle): void {
    for (const container of runtime.containers.values()) {
      this.#observe(container);
      const { id, status } = container;
      const alive = this.machine.processesOf(id);
      const about = () =>
        `container ${id.slice(0, 8)} is ${status.state}, init ${this.#initText(id)}`;
      const hasInit = alive.some((it) => it.container?.role === "init" && it.hasExecuted);
      hold((status.state === "RUNNING") === hasInit, "I2 state=truth", about);
      // A task that was prepared ahead waits with the user's program not executed.
      const mayBePrepared = status.state === "CREATED" && alive.every((it) => !it.hasExecuted);
      hold(
        status.state === "RUNNING" || alive.length === 0 || mayBePrepared,
        "I2 state=truth",
        about,
      );
      hold(status.state !== "UNKNOWN", "I2 state=truth", about);
      this.#checkExit(container);
    }
    this.#checkNames(runtime);
  }

  #observe(container: ContainerView): void {
    const { id, status } = container;
    let truth = this.#truths.get(id);
    if (truth === undefined) {
      const { sandboxId, cgroup } = container.record;
      truth = { id, sandboxId, cgroup, history: new StatusHistory(id), isRemoved: false };
      this.#truths.set(id, truth);
    }
    hold(
      !truth.isRemoved,
      "I4 remove-post",
      () => `container ${id.slice(0, 8)} is back after its removal`,
    );
    hold(
      !this.#removedSandboxes.has(truth.sandboxId),
      "I6 sandbox-remove-post",
      () => `container ${id.slice(0, 8)} is in a sandbox that was removed`,
    );
    truth.history.observe(status);
  }

  /**
   * A graceful stop signals once in a life of the daemon (I14): many programs take a second signal for
   * "now". One whose answer was an error may have been delivered, and may be sent again.
   */
  #checkStopSignal(step: Step): void {
    const [pid, signal] = step.subject as readonly [string, string];
    if (signal === String(SIGKILL) || step.hasFailed) return;
    const id = this.machine.processes.get(Number(pid))?.container?.containerId;
    if (id === undefined) return;
    const first = this.#stopSignals.get(id);
    this.#stopSignals.set(id, first ?? step);
    hold(
      first === undefined || first === step,
      "I14 signal discipline",
      () => `container ${id.slice(0, 8)} got a second stop signal`,
    );
  }

  #checkSingleStart(): void {
    const { executions } = this.machine;
    if (executions.length === this.#executionCount) return;
    const last = executions[executions.length - 1];
    this.#executionCount = executions.length;
    if (last === undefined || last.role !== "init") return;
    hold(
      this.machine.startCount(last.containerId) <= 1,
      "I1 single-start",
      () => `container ${last.containerId.slice(0, 8)} was executed twice`,
    );
  }

  #checkStoppedSandboxes(): void {
    for (const truth of this.#truths.values()) {
      if (!this.#stoppedSandboxes.has(truth.sandboxId)) continue;
      hold(
        this.machine.processesOf(truth.id).length === 0,
        "I5 sandbox-stop-post",
        () => `container ${truth.id.slice(0, 8)} has a process in a stopped sandbox`,
      );
    }
  }

  /** The code that is reported is the one that the kernel gave (I9). */
  #checkExit({ id, status }: ContainerView): void {
    if (status.state !== "EXITED") return;
    const isUnknown = status.exitCode === UNKNOWN_EXIT.exitCode &&
      status.reason === UNKNOWN_EXIT.reason;
    if (isUnknown || status.reason === START_ERROR.reason) return;
    const truth = this.machine.inits.get(id)?.exitStatus;
    const code = truth === undefined
      ? undefined
      : truth.kind === "exited"
      ? truth.code
      : 128 + truth.signal;
    hold(
      code === status.exitCode,
      "I9 exit fidelity",
      () => `container ${id.slice(0, 8)} reports ${status.exitCode}, the kernel says ${code}`,
    );
  }

  #checkNames(runtime: Lifecycle): void {
    const names = new Set<string>();
    for (const { id, record } of runtime.containers.values()) {
      const about = () => `name ${record.name} of ${id.slice(0, 8)}`;
      hold(!names.has(record.name), "I7 name bijection", about);
      names.add(record.name);
      hold(runtime.containerNames.entries().get(record.name) === id, "I7 name bijection", about);
    }
    hold(
      runtime.containerNames.entries().size === runtime.containers.size,
      "I7 name bijection",
      () => `${runtime.containerNames.entries().size} names, ${runtime.containers.size} containers`,
    );
    hold(
      runtime.sandboxNames.entries().size === runtime.sandboxes.size,
      "I7 name bijection",
      () => `${runtime.sandboxNames.entries().size} names, ${runtime.sandboxes.size} sandboxes`,
    );
  }

  #initText(id: string): string {
    const alive = this.machine.processesOf(id);
    return alive.length === 0 ? "gone" : alive.map((it) => `${it.args.join(" ")}`).join("; ");
  }
}
