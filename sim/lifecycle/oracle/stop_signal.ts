import { SIGKILL } from "../../../src/kernel/processes.ts";
import type { Step } from "../../step.ts";
import type { Process } from "../../world/process.ts";
import type { ContainerView } from "../operations.ts";
import type { Call, Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import type { OracleOptions } from "./oracle.ts";
import { hold, short } from "./violation.ts";

/** From the end of the grace period to SIGKILL; time passes only when nothing can run. */
const LATE_MICROS_MAX = 1_000_000;

/**
 * I14: a graceful stop signals once in a life of the daemon: many programs take a second signal for
 * "now". One whose answer was an error may have been delivered, and may be sent again. SIGKILL comes
 * after the grace period of somebody who asked, not before, and not much later.
 */
export class StopSignal implements Checker {
  /** Whose init was signalled: when the answer comes, somebody else may have the pid. */
  readonly #signalled = new WeakMap<Step, string | undefined>();
  /** Deliveries in this life of the daemon, by container. */
  readonly #delivered = new Map<string, Step>();
  /** When the stop signal came first, in any life. */
  readonly #signalledMicros = new Map<string, number>();
  /** When SIGKILL came first. */
  readonly #killedMicros = new Map<string, number>();
  readonly #runningMicros = new Map<string, number>();
  readonly #endedMicros = new Map<string, number>();

  constructor(readonly facts: Facts, readonly options: OracleOptions) {}

  lifeBegan(): void {
    this.#delivered.clear();
  }

  appeared(container: ContainerView): void {
    this.changed(container);
  }

  changed({ id, status: { state } }: ContainerView): void {
    // What a restart reads need not be so any more.
    const isAlive = this.facts.machine.inits.get(id)?.state === "alive";
    if (state === "RUNNING" && isAlive && !this.#runningMicros.has(id)) {
      this.#runningMicros.set(id, this.facts.nowMicros);
    }
  }

  powerLost(): void {
    for (const id of this.#runningMicros.keys()) this.#end(id);
  }

  died(process: Process): void {
    const id = process.container?.containerId;
    if (id === undefined || this.facts.machine.inits.get(id) !== process) return;
    this.#end(id);
  }

  signalled(target: Process, signal: number, sender: Process | undefined): void {
    const id = target.container?.containerId;
    if (id === undefined || this.facts.machine.inits.get(id) !== target) return;
    if (sender?.args[0] !== "slipway") return;
    const now = this.facts.nowMicros;
    if (signal !== SIGKILL) {
      if (!this.#signalledMicros.has(id)) this.#signalledMicros.set(id, now);
      return;
    }
    if (!this.#killedMicros.has(id)) this.#killedMicros.set(id, now);
    if (target.state !== "alive" || !target.hasExecuted) return;
    const why = this.#whyNotKill(id);
    hold(why === undefined, "I14", () => `container ${short(id)} got SIGKILL: ${why}`);
  }

  answered(call: Call): void {
    if (call.kind !== "StopContainer" || call.gracePeriodMs === 0 || !this.options.isTimely) return;
    const { id } = call;
    const running = this.#runningMicros.get(id);
    const ended = this.#endedMicros.get(id) ?? Infinity;
    // Nothing was to be stopped, or somebody else has done it.
    if (running === undefined || ended < call.beganMicros) return;
    const signalled = this.#signalledMicros.get(id) ?? 0;
    const due = Math.max(call.beganMicros, running, signalled) + call.gracePeriodMs * 1_000;
    const killed = this.#killedMicros.get(id) ?? Infinity;
    hold(
      Math.min(ended, killed) <= due + LATE_MICROS_MAX,
      "I14",
      () => `container ${short(id)} was to be killed at ${due}, and was at ${killed}`,
    );
  }

  afterStep(step: Step): void {
    if (step.verb !== "handle.signal" || step.hasFailed) return;
    const [pid, signal] = step.subject as readonly [string, string];
    if (signal === String(SIGKILL)) return;
    if (!this.#signalled.has(step)) {
      const target = this.facts.machine.processes.get(Number(pid));
      this.#signalled.set(step, target?.container?.containerId);
    }
    const id = this.#signalled.get(step);
    if (id === undefined) return;
    const first = this.#delivered.get(id);
    this.#delivered.set(id, first ?? step);
    hold(
      first === undefined || first === step,
      "I14",
      () => `container ${short(id)} got a second stop signal`,
    );
  }

  #end(id: string): void {
    if (!this.#endedMicros.has(id)) this.#endedMicros.set(id, this.facts.nowMicros);
  }

  /** Why a program that runs may not be killed now. */
  #whyNotKill(id: string): string | undefined {
    const status = this.facts.runtime?.containers.get(id)?.status;
    // A start that failed, or one that nobody knows of: it ends whatever there is.
    if (status?.state !== "RUNNING" || this.facts.isKillAsked(id)) return undefined;
    const stops = [...this.facts.calls].filter((it) => it.kind === "StopContainer" && it.id === id);
    if (stops.length === 0) return "nobody asked for it";
    const isDue = stops.some(({ beganMicros, gracePeriodMs }) =>
      this.facts.nowMicros >= beganMicros + gracePeriodMs * 1_000
    );
    if (!isDue) return "no grace period is over";
    return this.#signalledMicros.has(id) ? undefined : "it never got the stop signal";
  }
}
