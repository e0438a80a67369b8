import { sandboxPaths } from "../../../src/sandbox/paths.ts";
import type { ContainerView, SandboxView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** I6: when RemovePodSandbox has answered OK nothing of the pod is left, and nothing can be added to it. */
export class SandboxRemove implements Checker {
  readonly #removed = new Set<string>();

  constructor(readonly facts: Facts) {}

  answered(call: Call): void {
    if (call.kind !== "RemovePodSandbox") return;
    this.#removed.add(call.id);
    const left = this.#left(call);
    hold(left.length === 0, "I6", () => `${short(call.id)} left ${left.join(", ")}`);
  }

  appeared({ id, sandboxId }: ContainerView): void {
    hold(
      !this.#removed.has(sandboxId),
      "I6",
      () => `container ${short(id)} is in sandbox ${short(sandboxId)}, which was removed`,
    );
  }

  sandboxAppeared({ id }: SandboxView): void {
    hold(!this.#removed.has(id), "I6", () => `sandbox ${short(id)} is back after its removal`);
  }

  #left({ runtime, id }: Call): string[] {
    const { machine } = this.facts;
    const record = this.facts.sandboxes.get(id);
    const { directory, files } = sandboxPaths(runtime.config, id);
    return [
      ...[...runtime.containers.values()].filter((it) => it.sandboxId === id)
        .map((it) => `container ${short(it.id)}`),
      ...machine.store.records().filter((it) => it.id === id).map((it) => `record ${it.table}`),
      ...[...runtime.sandboxNames.entries()].filter(([, holder]) => holder === id)
        .map(([name]) => `name ${name}`),
      ...[directory, files].filter((it) => machine.tree.find(it) !== undefined),
      ...(record?.ownsCgroup && machine.cgroups.find(record.cgroup) !== undefined
        ? [`cgroup ${record.cgroup}`]
        : []),
    ];
  }
}
