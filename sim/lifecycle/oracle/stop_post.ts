import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

/** I3: when StopContainer has answered OK nothing of the program runs, and no read says that it does. */
export class StopPost implements Checker {
  constructor(readonly facts: Facts) {}

  answered({ kind, id, runtime }: Call): void {
    if (kind !== "StopContainer") return;
    const state = runtime.containers.get(id)?.status.state;
    const about = () =>
      `container ${short(id)} was stopped and is ${state}, ${this.facts.text(id)}`;
    hold(state !== "RUNNING" && state !== "UNKNOWN", "I3", about);
    for (const process of this.facts.alive(id)) hold(!process.hasExecuted, "I3", about);
  }
}
