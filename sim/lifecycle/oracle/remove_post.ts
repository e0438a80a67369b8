import { containerPaths } from "../../../src/container/paths.ts";
import { taskPaths } from "../../../src/task/paths.ts";
import type { Process } from "../../world/process.ts";
import type { ContainerView, Lifecycle } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import { type Facts, isInside, isSupervisor } from "./facts.ts";
import type { OracleOptions } from "./oracle.ts";
import { hold, short } from "./violation.ts";

/**
 * I4: when RemoveContainer has answered OK nothing is left of the container, and nothing comes back; and
 * where nothing fails and nothing is slow, a removal that has begun comes to its end, whatever becomes
 * of its client and of the daemon.
 */
export class RemovePost implements Checker {
  readonly #removed = new Set<string>();

  constructor(readonly facts: Facts, readonly options: OracleOptions) {}

  atRest(runtime: Lifecycle): void {
    // Where the machine is slow a removal may run into its bound: its client is told, and comes again.
    if (!this.options.isFaultless || !this.options.isTimely) return;
    for (const { id, status } of runtime.containers.values()) {
      hold(
        !status.isRemoving,
        "I4",
        () => `the removal of ${short(id)} has begun, and nobody ends it`,
      );
    }
  }

  answered({ kind, id, runtime }: Call): void {
    if (kind !== "RemoveContainer") return;
    this.#removed.add(id);
    const left = [
      ...this.facts.inside(id).map((it) => `process ${it.pid}`),
      ...this.#supervisors(id).map((it) => `conmon ${it.pid}`),
      ...this.#files(runtime, id),
      ...this.#registered(runtime, id),
    ];
    hold(left.length === 0, "I4", () => `${short(id)} left ${left.join(", ")}`);
  }

  appeared({ id }: ContainerView): void {
    hold(!this.#removed.has(id), "I4", () => `container ${short(id)} is back after its removal`);
  }

  executed(process: Process): void {
    this.joined(process);
  }

  joined(process: Process): void {
    if (!isInside(process)) return;
    const id = process.container?.containerId ?? "";
    hold(
      !this.#removed.has(id),
      "I4",
      () => `container ${short(id)} was removed and has got process ${process.pid}`,
    );
  }

  #supervisors(id: string): readonly Process[] {
    return this.facts.machine.processes.all().filter((it) =>
      it.isAlive && isSupervisor(it) && it.args.includes(id)
    );
  }

  #files(runtime: Lifecycle, id: string): string[] {
    const { machine } = this.facts;
    const { bundle, exitFile, runtimeDirectory } = taskPaths(runtime.config, id);
    const { directory } = containerPaths(runtime.config, id);
    const cgroup = this.facts.containers.get(id)?.cgroup;
    return [
      ...[bundle, exitFile, runtimeDirectory, directory]
        .filter((path) => machine.tree.find(path) !== undefined),
      ...(cgroup !== undefined && machine.cgroups.find(cgroup) !== undefined
        ? [`cgroup ${cgroup}`]
        : []),
    ];
  }

  #registered(runtime: Lifecycle, id: string): string[] {
    return [
      ...(runtime.containers.get(id) === undefined ? [] : ["the container"]),
      ...[...runtime.containerNames.entries()].filter(([, holder]) => holder === id)
        .map(([name]) => `name ${name}`),
      ...this.facts.machine.store.records().filter((it) => it.id === id)
        .map((it) => `record ${it.table}`),
    ];
  }
}
