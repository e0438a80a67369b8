import type { Process } from "../../world/process.ts";
import type { ContainerView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** I21: what is executed in a container does not outlive its end as readers see it, nor begin after. */
export class ExecBeforeInit implements Checker {
  constructor(readonly facts: Facts) {}

  executed({ container, pid }: Process): void {
    if (container?.role !== "exec") return;
    hold(
      !this.facts.hasExited(container.containerId),
      "I21",
      () => `container ${short(container.containerId)} is EXITED, and ${pid} is executed in it`,
    );
  }

  exited({ id }: ContainerView): void {
    for (const process of this.facts.alive(id)) {
      hold(
        process.container?.role !== "exec" || !process.hasExecuted,
        "I21",
        () => `container ${short(id)} is EXITED, ${this.facts.text(id)}`,
      );
    }
  }
}
