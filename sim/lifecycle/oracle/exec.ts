import type { Process } from "../../world/process.ts";
import type { ContainerView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** I21: what is executed in a container does not outlive its end as readers see it, nor begin after. */
export class ExecBeforeInit implements Checker {
  readonly #exited = new Set<string>();

  constructor(readonly facts: Facts) {}

  appeared(container: ContainerView): void {
    this.#observe(container);
  }

  changed(container: ContainerView): void {
    this.#observe(container);
  }

  executed({ container, pid }: Process): void {
    if (container?.role !== "exec") return;
    hold(
      !this.#exited.has(container.containerId),
      "I21",
      () => `container ${short(container.containerId)} is EXITED, and ${pid} is executed in it`,
    );
  }

  #observe({ id, status }: ContainerView): void {
    if (status.state !== "EXITED" || this.#exited.has(id)) return;
    this.#exited.add(id);
    for (const process of this.facts.alive(id)) {
      hold(
        process.container?.role !== "exec" || !process.hasExecuted,
        "I21",
        () => `container ${short(id)} is EXITED, ${this.facts.text(id)}`,
      );
    }
  }
}
