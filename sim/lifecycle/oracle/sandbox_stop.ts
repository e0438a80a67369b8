import { sandboxPaths } from "../../../src/sandbox/paths.ts";
import type { Process } from "../../world/process.ts";
import { allocations } from "../../world/snapshot.ts";
import type { Lifecycle, SandboxView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import { type Facts, isInside } from "./facts.ts";
import { hold, short } from "./violation.ts";

/**
 * I5: when StopPodSandbox has answered OK, or RemovePodSandbox, no container of the pod has a process or
 * gets one, no read says that the pod is ready, its network and its namespaces are gone.
 */
export class SandboxStop implements Checker {
  readonly #stopped = new Set<string>();

  constructor(readonly facts: Facts) {}

  answered({ kind, id, runtime }: Call): void {
    if (kind !== "StopPodSandbox" && kind !== "RemovePodSandbox") return;
    this.#stopped.add(id);
    for (const container of this.facts.containers.values()) {
      if (container.sandboxId !== id) continue;
      hold(
        this.facts.inside(container.id).length === 0,
        "I5",
        () => `sandbox ${short(id)} was stopped, and of ${short(container.id)} there is a process`,
      );
    }
    this.#requireNotReady(id, runtime.isReady(id));
    this.#requireNoNetwork(runtime, id);
  }

  sandboxAppeared({ id }: SandboxView, isReady: boolean): void {
    this.#requireNotReady(id, isReady);
  }

  sandboxChanged({ id }: SandboxView, isReady: boolean): void {
    this.#requireNotReady(id, isReady);
  }

  executed(process: Process): void {
    this.joined(process);
  }

  joined(process: Process): void {
    if (this.#stopped.size === 0 || !isInside(process)) return;
    const id = process.container?.containerId ?? "";
    const sandboxId = this.facts.containers.get(id)?.sandboxId ?? id;
    hold(
      !this.#stopped.has(sandboxId),
      "I5",
      () => `sandbox ${short(sandboxId)} was stopped, and ${short(id)} has got a process`,
    );
  }

  #requireNotReady(id: string, isReady: boolean): void {
    hold(
      !isReady || !this.#stopped.has(id),
      "I5",
      () => `sandbox ${short(id)} was stopped and is ready`,
    );
  }

  #requireNoNetwork(runtime: Lifecycle, id: string): void {
    const { machine } = this.facts;
    const { net, ipc, uts, pid } = sandboxPaths(runtime.config, id);
    for (const pin of [net, ipc, uts, pid]) {
      hold(
        machine.tree.find(pin) === undefined,
        "I5",
        () => `sandbox ${short(id)} was stopped, and ${pin} is there`,
      );
    }
    if (this.facts.mayKeepAddresses) return;
    hold(
      allocations(machine).every((it) => it.containerId !== id),
      "I5",
      () => `sandbox ${short(id)} was stopped and has an address`,
    );
  }
}
