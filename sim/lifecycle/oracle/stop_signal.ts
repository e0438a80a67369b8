import { SIGKILL } from "../../../src/kernel/processes.ts";
import type { Step } from "../../step.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/**
 * I14: a graceful stop signals once in a life of the daemon: many programs take a second signal for
 * "now". One whose answer was an error may have been delivered, and may be sent again.
 */
export class StopSignal implements Checker {
  /** Deliveries in this life of the daemon, by container. */
  readonly #delivered = new Map<string, Step>();

  constructor(readonly facts: Facts) {}

  lifeBegan(): void {
    this.#delivered.clear();
  }

  afterStep(step: Step): void {
    if (step.verb !== "handle.signal" || step.hasFailed) return;
    const [pid, signal] = step.subject as readonly [string, string];
    if (signal === String(SIGKILL)) return;
    const id = this.facts.machine.processes.get(Number(pid))?.container?.containerId;
    if (id === undefined) return;
    const first = this.#delivered.get(id);
    this.#delivered.set(id, first ?? step);
    hold(
      first === undefined || first === step,
      "I14",
      () => `container ${short(id)} got a second stop signal`,
    );
  }
}
