import { CLOSE_GRACE_MS, SHUT_DOWN_MS } from "../../../src/boot.ts";
import type { Lifecycle, SandboxView } from "../operations.ts";
import type { Checker, OrderlyEnd } from "./checker.ts";
import type { Facts } from "./facts.ts";
import type { OracleOptions } from "./oracle.ts";
import { hold, short } from "./violation.ts";

/** Beside the bounds: steps take time, too. */
const LATE_MS = 1_000;

/**
 * I24: a daemon that is asked to end has ended soon, whatever hangs. Nothing of it is under way then, so
 * that it does nothing more; its cgroup stays for pods, and goes when there are none; and its next life
 * finds no pod that no client was told of.
 */
export class OrderlyEnds implements Checker {
  /** Pods that any client could use. */
  readonly #shown = new Set<string>();

  constructor(readonly facts: Facts, readonly options: OracleOptions) {}

  sandboxAppeared({ id }: SandboxView, isReady: boolean): void {
    if (isReady) this.#shown.add(id);
  }

  sandboxChanged({ id }: SandboxView, isReady: boolean): void {
    if (isReady) this.#shown.add(id);
  }

  stopped(runtime: Lifecycle, { tookMs, waits }: OrderlyEnd): void {
    const boundMs = 2 * CLOSE_GRACE_MS + SHUT_DOWN_MS + LATE_MS;
    if (this.options.isSlow) return;
    hold(tookMs <= boundMs, "I24", () => `the daemon took ${tookMs} ms to end`);
    hold(waits.length === 0, "I24", () => `the daemon has ended, and has under way: ${waits}`);
    this.#requireCgroup(runtime);
  }

  recovered({ sandboxes }: Lifecycle): void {
    if (!this.options.isQuiet) return;
    for (const { id } of sandboxes.values()) {
      hold(
        this.#shown.has(id),
        "I24",
        () => `sandbox ${short(id)} was never there for any client, and is still here`,
      );
    }
  }

  #requireCgroup({ config, sandboxes }: Lifecycle): void {
    const group = this.facts.machine.cgroups.find(config.cgroupParent);
    if (sandboxes.size > 0) {
      hold(group !== undefined, "I24", () => "there are pods, and the daemon's cgroup is gone");
    } else if (this.options.isQuiet) {
      const isEmpty = group !== undefined && group.children.size === 0;
      hold(!isEmpty, "I24", () => "there are no pods, and the daemon's cgroup is there");
    }
  }
}
