import type { ContainerView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/**
 * I3: when StopContainer has answered OK nothing of the program runs, and no read says that it does. One
 * that was CREATED then had never been started, and is so as long as nobody starts it.
 */
export class StopPost implements Checker {
  /** Stopped before they were started, in this life of the daemon. */
  readonly #untouched = new Set<string>();

  constructor(readonly facts: Facts) {}

  called({ kind, id }: Call): void {
    if (kind === "StartContainer") this.#untouched.delete(id);
  }

  answered({ kind, id, runtime }: Call): void {
    if (kind !== "StopContainer") return;
    const state = runtime.containers.get(id)?.status.state;
    const about = () =>
      `container ${short(id)} was stopped and is ${state}, ${this.facts.text(id)}`;
    hold(state !== "RUNNING" && state !== "UNKNOWN", "I3", about);
    for (const process of this.facts.alive(id)) hold(!process.hasExecuted, "I3", about);
    const isStarting = [...this.facts.calls].some((it) =>
      it.kind === "StartContainer" && it.id === id
    );
    if (state === "CREATED" && !isStarting) this.#untouched.add(id);
  }

  changed({ id, status: { state } }: ContainerView): void {
    hold(
      state === "CREATED" || !this.#untouched.has(id),
      "I3",
      () => `container ${short(id)} was stopped before its start, and is ${state} now`,
    );
  }

  lifeEnded(): void {
    this.#untouched.clear();
  }
}
