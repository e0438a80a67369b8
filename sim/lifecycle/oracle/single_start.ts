import type { Process } from "../../world/process.ts";
import type { Checker } from "./checker.ts";
import { hold, short } from "./violation.ts";

/** I1: a container's program is executed at most once, whatever crashes. */
export class SingleStart implements Checker {
  readonly #started = new Set<string>();

  executed({ container }: Process): void {
    if (container?.role !== "init") return;
    const { containerId } = container;
    hold(
      !this.#started.has(containerId),
      "I1",
      () => `container ${short(containerId)} was executed twice`,
    );
    this.#started.add(containerId);
  }
}
