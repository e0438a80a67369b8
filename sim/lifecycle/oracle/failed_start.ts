import type { Process } from "../../world/process.ts";
import type { ContainerView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/**
 * I17: a start that failed leaves nothing under EXITED: no init of the container, executed or not, nor
 * does one come later.
 */
export class FailedStart implements Checker {
  constructor(readonly facts: Facts) {}

  joined({ container, pid }: Process): void {
    if (container?.role !== "init") return;
    hold(
      !this.facts.hasExited(container.containerId),
      "I17",
      () => `container ${short(container.containerId)} is EXITED and has got init ${pid}`,
    );
  }

  exited({ id, status }: ContainerView): void {
    for (const process of this.facts.alive(id)) {
      hold(
        process.container?.role !== "init" || this.facts.isStillborn(process),
        "I17",
        () => `container ${short(id)} is EXITED (${status.reason}), ${this.facts.text(id)}`,
      );
    }
  }
}
