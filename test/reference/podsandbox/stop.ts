import { type Context, waitFor } from "../../../src/kernel/context.ts";
import { SIGKILL } from "../../../src/kernel/processes.ts";
import { isNotFound } from "../meta.ts";
import type { Service } from "../service.ts";
import type { TaskEntry } from "../tasks.ts";
import type { ControlledSandbox } from "./controller.ts";
import { endSandbox, watchPause } from "./exit.ts";
import { unmountShm } from "./files.ts";

/** Controller.Stop (server/podsandbox/sandbox_stop.go): kills the pause and waits for its deletion. */
export async function stopSandbox(
  service: Service,
  sandbox: ControlledSandbox,
  context: Context,
): Promise<void> {
  if (sandbox.state !== "NOTREADY") await killPause(service, sandbox, context);
  if (sandbox.record.config.namespaces.ipc !== "NODE") {
    await unmountShm(service.platform, sandbox.id);
  }
}

async function killPause(
  service: Service,
  sandbox: ControlledSandbox,
  context: Context,
): Promise<void> {
  let pause: TaskEntry;
  try {
    pause = await service.tasks.get(sandbox.id, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (sandbox.state === "UNKNOWN") await endSandbox(service, sandbox, undefined);
    return;
  }
  if (sandbox.state === "UNKNOWN") {
    sandbox.pause = pause;
    watchPause(service, sandbox);
  }
  try {
    await service.tasks.kill(pause, SIGKILL, context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await waitFor(sandbox.stopped.closed, context);
}
