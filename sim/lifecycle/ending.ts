import { CLOSE_GRACE_MS } from "../../src/boot.ts";
import { isBug } from "../../src/bug.ts";
import { RuntimeError } from "../../src/errors.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { Context, pause } from "../../src/kernel/context.ts";
import type { Daemon } from "../daemon.ts";
import { stepText } from "../history.ts";
import type { SimTask } from "../sim_task.ts";
import type { Simulation } from "../simulation.ts";
import type { Step } from "../step.ts";
import type { Incident } from "./incident.ts";
import type { Lifecycle } from "./operations.ts";
import type { OrderlyEnd } from "./oracle/checker.ts";

/** A call that a life of the daemon has let in. */
export interface LetIn {
  readonly context: Context;
  readonly task: SimTask<void>;
}

/** What a call that is under way is told when its server goes: its connection is gone, as far as it can tell. */
export const GONE = new RuntimeError("CANCELLED", "cancelled by the client");

/** Calls that only wait. */
const WAIT =
  /^((handle|child)\.exited|child\.(readPipeLine|outputEnded)|stream\.(read|write)|watch\.next|fifo\.read)$/;

/**
 * The end of a life of the daemon that was asked to, as SIGTERM does it (src/program/daemon.ts). It recovers
 * first, if it has not, and lets nobody in any more. Calls under way get a grace period, are cancelled then,
 * and get as long again to undo (src/cri/server.ts, close); then the runtime is shut down.
 */
export class Ending {
  /** Resolves when it is over: the life has ended, or was killed. */
  readonly over: Promise<void>;
  readonly #resolve: () => void;
  readonly #task: SimTask<void>;
  #beganMicros: number | undefined;

  /** Asks it to, now. `calls` are those that it has let in and not answered. */
  constructor(
    readonly simulation: Simulation,
    readonly daemon: Daemon<Lifecycle>,
    readonly incident: Incident,
    readonly calls: readonly LetIn[],
  ) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#resolve = resolve;
    const key = `end of ${daemon.boot.task.key}`;
    this.#task = daemon.spawn("end", ({ clock }) => this.#run(clock), key);
  }

  /**
   * Whether its process is about to exit. What has lost a race is told so in the last turns of the event loop,
   * and may want to go on.
   *
   * @throws what the core has found wrong with itself.
   */
  get isDone(): boolean {
    if (this.#task.state === "rejected" && isBug(this.#task.error)) throw this.#task.error;
    return this.#task.isSettled && !this.daemon.waits().some(isGivenUp);
  }

  /** How it came about, once it is done; undefined for a life that could not start, and ended for that. */
  get end(): OrderlyEnd | undefined {
    if (this.#beganMicros === undefined) return undefined;
    const micros = this.simulation.scheduler.clock.elapsedMicros - this.#beganMicros;
    return { tookMs: micros / 1_000, waits: this.daemon.waits().map(stepText) };
  }

  /** Lets those go on who wait: the life has ended, or was killed. */
  letGo(): void {
    this.#resolve();
  }

  async #run(clock: Clock): Promise<void> {
    await this.daemon.boot.settled;
    if (this.daemon.boot.state !== "fulfilled") return;
    this.#beganMicros = this.simulation.scheduler.clock.elapsedMicros;
    await this.#grace(clock);
    // Its calls are settled as well when it is killed.
    if (!this.daemon.isAlive) return;
    for (const { context, task } of this.calls) if (!task.isSettled) context.cancel(GONE);
    await this.#grace(clock);
    if (!this.daemon.isAlive) return;
    await this.daemon.boot.value.shutDown();
  }

  /**
   * A period in which calls may end. Where steps take no time all is done in it that can be, so that it is
   * some steps instead: a machine may be as slow as that.
   */
  async #grace(clock: Clock): Promise<void> {
    const { calls, simulation, incident: { choice: steps } } = this;
    if (steps === 0) {
      const answered = Promise.all(calls.map((it) => it.task.settled));
      return await pause(clock, CLOSE_GRACE_MS, answered, Context.background());
    }
    const areAnswered = () => calls.every((it) => it.task.isSettled);
    for (let i = 0; i < steps && !areAnswered(); i++) await simulation.pause();
  }
}

/** Whether a call only waits, and is about to end: nobody is interested any more. */
function isGivenUp({ verb, isBlocked }: Step): boolean {
  return !isBlocked && WAIT.test(verb);
}
