import { taskPaths } from "../../../src/task/paths.ts";
import type { Step } from "../../step.ts";
import type { ContainerView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/**
 * I22: the layers that a container's root file system is made of are there as long as it is mounted, on the
 * host or where its processes are, whatever becomes of its image.
 */
export class Layers implements Checker {
  constructor(readonly facts: Facts) {}

  appeared({ id, record }: ContainerView): void {
    const { runtime, machine } = this.facts;
    if (runtime === undefined) return;
    const { rootfs } = taskPaths(runtime.config, id);
    const isMounted = this.facts.alive(id).size > 0 ||
      machine.tree.mountsBelow(rootfs).length > 0;
    if (!isMounted) return;
    for (const path of runtime.layerPaths(record.image.layers)) {
      hold(
        machine.tree.find(path) !== undefined,
        "I22",
        () => `container ${short(id)} is mounted, and its layer ${path} is gone`,
      );
    }
  }

  recovered(): void {
    for (const container of this.facts.runtime?.containers.values() ?? []) this.appeared(container);
  }

  /** Only the daemon removes anything where layers are. */
  afterStep({ verb }: Step): void {
    if (verb === "files.remove") this.recovered();
  }
}
