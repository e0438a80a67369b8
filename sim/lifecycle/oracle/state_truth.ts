import { taskPaths } from "../../../src/task/paths.ts";
import type { Process } from "../../world/process.ts";
import type { ContainerView, Lifecycle } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/**
 * I2: at rest RUNNING says that the program lives, EXITED that nothing does and neither the OCI runtime nor
 * the kernel keeps anything of it, CREATED that nothing was executed; a pod is ready whose PID namespace has
 * its init. And at any time: under EXITED no program runs, nor does one begin to.
 */
export class StateTruth implements Checker {
  constructor(readonly facts: Facts) {}

  executed(process: Process): void {
    const { container } = process;
    if (container?.role !== "init") return;
    hold(
      !this.facts.hasExited(container.containerId),
      "I2",
      () => `the program of ${short(container.containerId)}, which is EXITED, was executed`,
    );
  }

  exited({ id }: ContainerView): void {
    const running = [...this.facts.alive(id)].filter((it) =>
      it.hasExecuted && it.container?.role === "init"
    );
    hold(
      running.length === 0,
      "I2",
      () => `container ${short(id)} is EXITED, ${this.facts.text(id)}`,
    );
  }

  atRest(runtime: Lifecycle): void {
    for (const { id, status: { state } } of runtime.containers.values()) {
      const alive = [...this.facts.alive(id)];
      const about = () => `container ${short(id)} is ${state}, ${this.facts.text(id)}`;
      const hasInit = alive.some((it) => it.container?.role === "init" && it.hasExecuted);
      hold(state !== "UNKNOWN", "I2", about);
      hold((state === "RUNNING") === hasInit, "I2", about);
      hold(
        state !== "CREATED" || this.facts.machine.startCount(id) === 0,
        "I2",
        () => `${about()}, and it has been executed`,
      );
      // A task that was prepared ahead waits with the user's program not executed.
      const mayBePrepared = state === "CREATED" && alive.every((it) => !it.hasExecuted);
      hold(state === "RUNNING" || alive.length === 0 || mayBePrepared, "I2", about);
      if (state === "EXITED") this.#requireGone(runtime, id);
    }
    for (const { id, record } of runtime.sandboxes.values()) {
      if (record.config.namespaces.pid !== "POD" || !runtime.isReady(id)) continue;
      hold(
        this.facts.machine.startCount(id) > 0,
        "I2",
        () => `sandbox ${short(id)} is ready, and the init of its PID namespace was not executed`,
      );
    }
  }

  #requireGone({ config }: Lifecycle, id: string): void {
    const { machine } = this.facts;
    const { runtimeDirectory } = taskPaths(config, id);
    const cgroup = this.facts.containers.get(id)?.cgroup ?? "";
    const hasGroup = machine.cgroups.find(cgroup) !== undefined;
    const left = machine.tree.find(runtimeDirectory) === undefined
      ? hasGroup ? `cgroup ${cgroup}` : undefined
      : runtimeDirectory;
    hold(left === undefined, "I2", () => `container ${short(id)} is EXITED, and ${left} is there`);
  }
}
