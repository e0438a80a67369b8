import { canDrain } from "./driver.ts";
import type { Simulation } from "./simulation.ts";

/** The host's time, handed in, since a simulation has none of its own. */
export interface RealTime {
  /** Milliseconds from any origin, never backwards. */
  monotonicMs(): number;
  /** Calls `fire` in a macrotask, `ms` from now or later; disposing means never. */
  after(ms: number, fire: () => void): Disposable;
}

/** Steps at a stretch, so that the host's own work gets its turn. */
const STEPS_A_TURN_MAX = 2_000;

/**
 * Runs a simulation beside the real world: its clock follows the host's, and what somebody outside asks
 * of its kernel is answered as soon as the scheduler gets to it. For a person with a CRI client; runs are
 * no function of the seed any more. Dispose it to stop.
 */
export function runLive(simulation: Simulation, time: RealTime): Disposable {
  const { scheduler } = simulation;
  const { clock } = scheduler;
  const startMicros = clock.elapsedMicros;
  const startMs = time.monotonicMs();
  let next: Disposable | undefined;
  let isTurning = false;
  let isOver = false;
  clock.host = () => startMicros + Math.floor((time.monotonicMs() - startMs) * 1_000);
  scheduler.onPending = wake;
  scheduler.onTimer = wake;
  schedule(0);
  return {
    [Symbol.dispose]() {
      isOver = true;
      next?.[Symbol.dispose]();
      clock.host = undefined;
      scheduler.onPending = undefined;
      scheduler.onTimer = undefined;
    },
  };

  /** Somebody outside of a turn wants something. */
  function wake(): void {
    if (!isTurning) schedule(0);
  }

  function schedule(ms: number): void {
    next?.[Symbol.dispose]();
    if (!isOver) next = time.after(ms, turn);
  }

  function turn(): void {
    isTurning = true;
    clock.catchUp();
    const hasMore = runDue();
    isTurning = false;
    if (simulation.machine.failure !== undefined) throw simulation.machine.failure;
    if (hasMore) return schedule(0);
    const due = scheduler.nextTimerMicros;
    if (due === undefined) return;
    clock.catchUp();
    schedule(Math.max(0, Math.ceil((due - clock.elapsedMicros) / 1_000)));
  }

  /** Runs what can run by now; true when something is left for the next turn. */
  function runDue(): boolean {
    const stepsMax = canDrain() ? STEPS_A_TURN_MAX : 1;
    for (let i = 0; i < stepsMax; i++) if (!scheduler.runOne()) return false;
    return true;
  }
}
