import { messageOf } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { monitorPause } from "../sandbox/monitor.ts";
import { pinsOf, sandboxPaths } from "../sandbox/paths.ts";
import { deleteSandboxRecord } from "../sandbox/record.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { stopping } from "../sandbox/state.ts";
import { discardSandboxFiles, teardownSandbox } from "../sandbox/teardown.ts";
import { openHandles, taskOf } from "../task/task.ts";
import type { Known } from "./containers.ts";
import { endForwards } from "./forwards.ts";
import { pinningEnded, pluginsEnded } from "./plugins.ts";

/**
 * Makes a sandbox's state true. One that was being made is undone: no client has its id. A ready one
 * stays ready when all its namespaces are still pinned and its init, if it has one, is alive. Its ports are
 * forwarded to nobody any more.
 */
export async function recoverSandbox(
  runtime: Runtime,
  sandbox: Sandbox,
  known: Known,
): Promise<void> {
  const { phase } = sandbox.status;
  await endForwards(runtime, sandbox.id, known.processes);
  if (phase === "PREPARING") return await undo(runtime, sandbox, known);
  if (phase !== "READY") return;
  if (known.isSameBoot && await isWhole(runtime, sandbox)) return;
  sandbox.gate.close();
  await sandbox.transition(stopping);
}

async function undo(runtime: Runtime, sandbox: Sandbox, known: Known): Promise<void> {
  const { record } = sandbox;
  sandbox.gate.close();
  try {
    using bounded = runtime.rollbackContext();
    await pinningEnded(runtime, record.id, known.processes, bounded);
    if (record.networkList !== undefined) await pluginsEnded(runtime, known.processes, bounded);
    await runtime.hooks.sandbox("removePodSandbox", sandbox, bounded);
    await teardownSandbox(runtime, record, sandbox.status, bounded);
    await discardSandboxFiles(runtime, record);
    await runtime.kernel.store.commit(deleteSandboxRecord(sandbox.id));
    runtime.sandboxes.delete(sandbox.id);
    runtime.sandboxNames.release(record.name, sandbox.id);
  } catch (error) {
    if (runtime.life.cause !== undefined) throw error;
    runtime.telemetry.log("error", "a half-made sandbox stays, not ready", {
      id: sandbox.id,
      error: messageOf(error),
    });
    await sandbox.transition(stopping);
  }
}

async function isWhole(runtime: Runtime, sandbox: Sandbox): Promise<boolean> {
  const { kernel, config } = runtime;
  const paths = sandboxPaths(config, sandbox.id);
  for (const pin of Object.values(pinsOf(paths, sandbox.record.config))) {
    if (!await kernel.namespaces.isPinned(pin)) return false;
  }
  const { pause } = sandbox.status;
  if (pause === undefined) return true;
  const { init, supervisor } = await openHandles(kernel, pause.init, pause.supervisor);
  if (init === undefined) {
    supervisor?.[Symbol.dispose]();
    return false;
  }
  sandbox.pause = taskOf(init, supervisor);
  monitorPause(runtime, sandbox, sandbox.pause);
  return true;
}
