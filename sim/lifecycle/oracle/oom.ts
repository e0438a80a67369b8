import type { Process } from "../../world/process.ts";
import type { ContainerView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

const OOM_KILLED = "OOMKilled";
const KILLED_EXIT_CODE = 137;

/**
 * I20: the reason is OOMKilled only when the kernel killed a process of the container for want of
 * memory; and when it killed its program, the first read that says EXITED says so, unless the code
 * could not be known.
 */
export class Oom implements Checker {
  readonly #victims = new Set<string>();
  readonly #deadPrograms = new Set<string>();

  constructor(readonly facts: Facts) {}

  oomKilled(victim: Process): void {
    const { container } = victim;
    if (container === undefined) return;
    const { containerId } = container;
    this.#victims.add(containerId);
    const isProgram = victim.state === "alive" && victim.hasExecuted &&
      this.facts.machine.inits.get(containerId) === victim;
    if (isProgram) this.#deadPrograms.add(containerId);
  }

  exited({ id, status }: ContainerView): void {
    const isSaid = status.reason === OOM_KILLED;
    hold(
      !isSaid || this.#victims.has(id),
      "I20",
      () => `container ${short(id)} is ${OOM_KILLED}, and nobody was killed for memory`,
    );
    const mustBeSaid = this.#deadPrograms.has(id) && status.exitCode === KILLED_EXIT_CODE;
    hold(
      isSaid || !mustBeSaid,
      "I20",
      () => `container ${short(id)} was killed for memory, and its reason is "${status.reason}"`,
    );
  }
}
