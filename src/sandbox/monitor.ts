import { messageOf } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { processEnded } from "../task/ended.ts";
import type { Task } from "../task/task.ts";
import type { Sandbox } from "./sandbox.ts";
import { died } from "./state.ts";

/**
 * Watches the init of a shared PID namespace: with it every process of the pod has died, so the
 * sandbox is no longer ready. Taking it down stays the client's decision.
 */
export function monitorPause(runtime: Runtime, sandbox: Sandbox, pause: Task): Promise<void> {
  return runtime.life.own(monitor(runtime, sandbox, pause));
}

async function monitor(runtime: Runtime, sandbox: Sandbox, pause: Task): Promise<void> {
  try {
    await processEnded(runtime, pause.init, runtime.life);
  } catch {
    return;
  } finally {
    pause[Symbol.dispose]();
    sandbox.pause = undefined;
  }
  sandbox.gate.close();
  await sandbox.transition(died, "STOPPED").catch((error) => {
    runtime.reportIfBug(error);
    runtime.telemetry.log("error", "cannot record that a sandbox is not ready", {
      id: sandbox.id,
      error: messageOf(error),
    });
  });
}
