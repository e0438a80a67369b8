import { DEFAULT_CONFIG } from "../../../src/config.ts";
import type { LinuxResources } from "../../../src/container/config.ts";
import { resourcesOf } from "../../../src/container/resources.ts";
import { limitsOf } from "../../../src/oci/spec.ts";
import { taskPaths } from "../../../src/task/paths.ts";
import { filesOf } from "../../programs/runc/limits.ts";
import { isUnlimited } from "../../world/cgroups.ts";
import type { Process } from "../../world/process.ts";
import { UPDATES } from "../configs.ts";
import type { ContainerView, Lifecycle } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** What the simulated machine has not. */
const HOST = { hasSwapController: false, hasHugetlbController: false } as const;

/**
 * I2: the limits that are reported are those in effect, from the moment at which the user's program is
 * executed; but while others are about to be set, which may take a crash to its end. And what was answered
 * is what was asked.
 */
export class Limits implements Checker {
  readonly #seen = new Map<string, ContainerView["status"]>();
  /** Of these, updates were cut off or met each other: which came last, or at all, nobody was told. */
  readonly #unsure = new Set<string>();

  constructor(readonly facts: Facts) {}

  appeared({ id, status }: ContainerView): void {
    this.#seen.set(id, status);
  }

  changed(container: ContainerView): void {
    this.#seen.set(container.id, container.status);
    this.#check(container.id);
  }

  executed({ container }: Process): void {
    if (container?.role === "init") this.#check(container.containerId);
  }

  called(call: Call): void {
    if (call.update === undefined) return;
    const others = [...this.facts.calls].filter((it) => it.id === call.id && it !== call);
    if (others.some((it) => it.update !== undefined)) this.#unsure.add(call.id);
  }

  answered({ id, update, runtime }: Call): void {
    const container = runtime.containers.get(id);
    if (update === undefined || container === undefined) return;
    this.#check(id);
    if (this.#unsure.has(id)) return;
    const reported = resourcesOf(container);
    for (const [name, value] of Object.entries(UPDATES[update] ?? {})) {
      const found = reported[name as keyof LinuxResources];
      const words = () => `container ${short(id)} was updated, and its ${name} is ${found}`;
      hold(found === value, "I2", words);
    }
  }

  refused({ id, update }: Call): void {
    if (update !== undefined) this.#unsure.add(id);
  }

  lost({ id, update }: Call): void {
    if (update !== undefined) this.#unsure.add(id);
  }

  atRest(runtime: Lifecycle): void {
    for (const { id, status } of runtime.containers.values()) {
      const words = () => `container ${short(id)} is at rest, and its limits are about to change`;
      hold(status.resourcesIntended === undefined, "I2", words);
      this.#check(id);
    }
  }

  /** Of what runs, as the kernel has it and as it was last reported, whether there is a daemon or not. */
  #check(id: string): void {
    const status = this.#seen.get(id);
    const record = this.facts.containers.get(id);
    const init = this.facts.machine.inits.get(id);
    if (status === undefined || record === undefined || init?.state !== "alive") return;
    if (!init.hasExecuted || status.state === "EXITED") return;
    if (status.resourcesIntended !== undefined) return;
    const reported = textOf(filesOf(limitsOf(resourcesOf({ record, status }), HOST)));
    const found = textOf(this.facts.machine.cgroups.find(record.cgroup)?.limits() ?? []);
    hold(
      reported === found || this.#isForgotten(id),
      "I2",
      () => `container ${short(id)} is reported to have ${reported}, and has ${found}`,
    );
  }

  /** Somebody took away what the OCI runtime knows of it: half of what that refused stays as it is. */
  #isForgotten(id: string): boolean {
    const { runtimeDirectory } = taskPaths(DEFAULT_CONFIG, id);
    return this.facts.machine.tree.find(`${runtimeDirectory}/state.json`) === undefined;
  }
}

function textOf(files: readonly (readonly [file: string, value: string])[]): string {
  const limits = files.filter(([file, value]) => !isUnlimited(file, value));
  if (limits.length === 0) return "no limits";
  return limits.map((it) => it.join("=")).sort().join(" ");
}
