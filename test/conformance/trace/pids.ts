import type { ProcessIdentity } from "../../../src/kernel/processes.ts";

/** A pid that no process of a machine has (man 5 proc, pid_max: at most 2^22). */
const NOBODY: ProcessIdentity = { pid: 2 ** 22 + 1, startTime: 1 };

/** Which process of the model stands for which of the recorded machine. */
export class Pids {
  readonly #byPid = new Map<
    number,
    { readonly real: ProcessIdentity; readonly model: ProcessIdentity }
  >();

  /** Every pair that was learnt. */
  get pairs(): Iterable<{ readonly real: ProcessIdentity; readonly model: ProcessIdentity }> {
    return this.#byPid.values();
  }

  /** Whether it was learnt which process of the model stands for a recorded one. */
  knows({ pid }: ProcessIdentity): boolean {
    return this.#byPid.has(pid);
  }

  /** Learns that two are one. */
  learn(real: ProcessIdentity, model: ProcessIdentity): void {
    this.#byPid.set(real.pid, { real, model });
  }

  /** The model's process for a recorded one, by pid or by identity; one that nobody is, if it is unknown. */
  modelOf(real: number | ProcessIdentity): number | ProcessIdentity {
    const pid = typeof real === "number" ? real : real.pid;
    const model = this.#byPid.get(pid)?.model ?? NOBODY;
    return typeof real === "number" ? model.pid : model;
  }
}
