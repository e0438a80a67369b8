import { explore } from "../sim/lifecycle/explore.ts";
import type { Request } from "../sim/lifecycle/request.ts";
import { BenchMachine, PLACE } from "./simulator_machine.ts";

/** What was done. */
export interface Work {
  readonly schedules: number;
  readonly steps: number;
  readonly simulatedSeconds: number;
}

const RESTARTS_AFTER_MS = 300_000;
/** A day of restarts. */
const RESTARTS = 288;

const RUN: Request = { kind: "RunPodSandbox", sandbox: 0, hasNetwork: false, sharesPids: false };

/**
 * Start/remove schedules without faults. Each is a machine of its own: it is switched on, the daemon
 * boots, a pod is run and a container created in it; then StartContainer and RemoveContainer race;
 * when nothing moves any more, every state must be true; the pod is removed, and nothing may be left.
 * conmon and runc run step by step, the disk keeps what was synced apart from what was not, the oracle
 * looks after every step, and the strategies of the portfolio take turns.
 */
export function startRemove(first: number, count: number): Work {
  let steps = 0;
  let simulatedSeconds = 0;
  for (let seed = first; seed < first + count; seed++) {
    const machine = new BenchMachine(seed);
    machine.client("setup", [RUN, createOf(["sleep", "1000"])]);
    machine.run();
    machine.client("start", [{ kind: "StartContainer", place: PLACE }]);
    machine.client("remove", [{ kind: "RemoveContainer", place: PLACE }]);
    machine.run();
    machine.end();
    steps += machine.steps;
    simulatedSeconds += machine.simulatedSeconds;
  }
  return { schedules: count, steps, simulatedSeconds };
}

/**
 * The random programs of `slipway sim`: up to three clients on up to nine containers, with the whole
 * catalogue of faults and incidents as they are drawn for each run, drawing the program included.
 */
export function withFaults(first: number, count: number): Work {
  const { runs, steps, finding } = explore({ seed: first, runs: count });
  if (finding !== undefined) throw finding.failure;
  return { schedules: runs, steps, simulatedSeconds: 0 };
}

/**
 * Liveness runs of a simulated day each: a container ends every five minutes and is replaced, 288
 * times; in between the clock jumps from timer to timer.
 */
export function liveness(first: number, count: number): Work {
  let steps = 0;
  let simulatedSeconds = 0;
  for (let seed = first; seed < first + count; seed++) {
    const machine = new BenchMachine(seed);
    machine.simulation.spawn("kubelet", async () => {
      await machine.request(RUN);
      for (let i = 0; i < RESTARTS; i++) {
        await machine.request(createOf(["exit", "1", String(RESTARTS_AFTER_MS)]));
        await machine.request({ kind: "StartContainer", place: PLACE });
        await machine.simulation.sleep(RESTARTS_AFTER_MS);
        await machine.request({ kind: "RemoveContainer", place: PLACE });
      }
    });
    machine.run();
    machine.end();
    steps += machine.steps;
    simulatedSeconds += machine.simulatedSeconds;
  }
  return { schedules: count, steps, simulatedSeconds };
}

function createOf(command: readonly string[]): Request {
  return { kind: "CreateContainer", place: PLACE, command, sharesPids: false };
}
