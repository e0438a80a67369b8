import type { ContainerState } from "../../../src/container/state.ts";
import type { Process } from "../../world/process.ts";
import type { ContainerView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";

/** A digit for each kind of call, to the base of 8: how many of it are under way; of an image at most one. */
const CALLS: Readonly<Record<Call["kind"], number>> = {
  RunPodSandbox: 1,
  StopPodSandbox: 8,
  RemovePodSandbox: 8 ** 2,
  CreateContainer: 8 ** 3,
  StartContainer: 8 ** 4,
  StopContainer: 8 ** 5,
  RemoveContainer: 8 ** 6,
  ExecSync: 8 ** 7,
  Exec: 8 ** 7,
  ReopenContainerLog: 8 ** 8,
  UpdateContainerResources: 8 ** 9,
  PullImage: 8 ** 10,
  RemoveImage: 2 * 8 ** 10,
  // Whoever asks for them, or listens, changes nothing of pods and containers.
  Attach: 0,
  ContainerStats: 0,
  PodSandboxStats: 0,
  ListContainerStats: 0,
  ListPodSandboxStats: 0,
  PortForward: 0,
};
const STATES: Readonly<Record<ContainerState, number>> = {
  CREATED: 0,
  RUNNING: 1,
  EXITED: 2,
  UNKNOWN: 3,
};

/**
 * Counts how different the states are that runs come to: of pods and containers as readers see them, of
 * their programs as the kernel knows them, and of the calls under way, without times, pids and ids. More
 * runs that bring no more of them show little. It finds nothing wrong.
 */
export class StatesSeen implements Checker {
  /** A number for each state. */
  readonly seen = new Set<number>();

  constructor(readonly facts: Facts) {}

  lifeBegan(): void {
    this.#look();
  }

  appeared(): void {
    this.#look();
  }

  changed(): void {
    this.#look();
  }

  vanished(): void {
    this.#look();
  }

  sandboxChanged(): void {
    this.#look();
  }

  called(): void {
    this.#look();
  }

  answered(): void {
    this.#look();
  }

  refused(): void {
    this.#look();
  }

  executed(): void {
    this.#look();
  }

  died({ container }: Process): void {
    if (container !== undefined) this.#look();
  }

  #look(): void {
    const { runtime, calls } = this.facts;
    if (runtime === undefined) return;
    let hash = 0;
    for (const { kind } of calls) hash += CALLS[kind];
    for (const { id } of runtime.sandboxes.values()) {
      hash = mixed(hash, runtime.isReady(id) ? 2 : 1);
      for (const container of runtime.containers.values()) {
        if (container.sandboxId === id) hash = mixed(hash, this.#codeOf(container));
      }
    }
    this.seen.add(hash);
  }

  #codeOf({ id, status }: ContainerView): number {
    const { state, exitCode, isRemoving, startIntentAt, stopRequest } = status;
    const { resources, resourcesIntended } = status;
    const init = this.facts.machine.inits.get(id);
    const flags = [
      isRemoving,
      startIntentAt > 0,
      stopRequest !== undefined,
      resources !== undefined,
      resourcesIntended !== undefined,
      init !== undefined,
      init?.exitStatus === undefined,
      init?.hasExecuted ?? false,
    ];
    return flags.reduce((code, flag) => code * 2 + Number(flag), 4 * exitCode + STATES[state]);
  }
}

/** One number of 32 bits for two (as FNV-1a does). */
function mixed(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193);
}
