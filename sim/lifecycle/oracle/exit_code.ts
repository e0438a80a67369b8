import { START_ERROR, UNKNOWN_EXIT } from "../../../src/container/state.ts";
import { RuntimeError } from "../../../src/errors.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import type { ContainerView, Lifecycle } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import type { OracleOptions } from "./oracle.ts";
import { hold, short } from "./violation.ts";

/**
 * I9: the exit code is the kernel's, from the first read that says EXITED on, unless the start failed
 * (128) or nobody can have seen the end (255); and nobody calls a program dead that ran, nor a start
 * failed that was done, where nothing but its client's patience has ended.
 */
export class ExitCode implements Checker {
  /** Containers whose start the end of a life has cut off: it may have been taking back what it had made. */
  readonly #lostStarts = new Set<string>();

  constructor(readonly facts: Facts, readonly options: OracleOptions) {}

  lost({ kind, id }: Call): void {
    if (kind === "StartContainer") this.#lostStarts.add(id);
  }

  lifeEnded({ containers }: Lifecycle): void {
    // A life that was asked to end refuses a start, and leaves it to the next one to take it back.
    for (const { id, status } of containers.values()) {
      if (status.state === "CREATED" && status.startIntentAt !== 0) this.#lostStarts.add(id);
    }
  }

  appeared(container: ContainerView): void {
    this.#observe(container);
  }

  changed(container: ContainerView): void {
    this.#observe(container);
  }

  refused({ kind, id, runtime }: Call, error: unknown): void {
    if (kind !== "StartContainer") return;
    if (runtime.containers.get(id)?.status.state !== "EXITED") return;
    const isCalledDead = error instanceof RuntimeError && error.message.endsWith("already dead");
    hold(
      !isCalledDead || this.facts.machine.startCount(id) === 0,
      "I9",
      () => `container ${short(id)} ran and its start was called failed`,
    );
  }

  /** Why the end of a container may not have been seen. */
  #whyUnknown(id: string): string | undefined {
    if (this.facts.powerLossCount > 0) return "the power was lost";
    if (this.facts.unsupervised.has(id)) return "its conmon was killed, or hung";
    if (this.#lostStarts.has(id)) return "its start was cut off";
    return this.options.isFaultless && this.options.isTimely ? undefined : "something failed";
  }

  #observe({ id, status }: ContainerView): void {
    if (status.state !== "EXITED") return;
    if (status.reason === START_ERROR.reason) {
      const isDone = this.facts.machine.startCount(id) > 0 && this.#whyUnknown(id) === undefined;
      return hold(!isDone, "I9", () => `container ${short(id)} ran, and its start has failed`);
    }
    if (status.exitCode === UNKNOWN_EXIT.exitCode && status.reason === UNKNOWN_EXIT.reason) {
      const why = this.#whyUnknown(id);
      return hold(why !== undefined, "I9", () => `nobody knows why ${short(id)} ended as unknown`);
    }
    const truth = this.facts.machine.inits.get(id)?.exitStatus;
    hold(
      truth !== undefined && codeOf(truth) === status.exitCode,
      "I9",
      () =>
        `container ${short(id)} reports ${status.exitCode}, the kernel says ` +
        `${truth === undefined ? "that it lives" : codeOf(truth)}`,
    );
  }
}

/** A status as a shell has it: 128+n for signal n. */
export function codeOf(status: ExitStatus): number {
  return status.kind === "exited" ? status.code : 128 + status.signal;
}
