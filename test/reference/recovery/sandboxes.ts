import type { Context } from "../../../src/kernel/context.ts";
import { isNotFound } from "../meta.ts";
import { ControlledSandbox } from "../podsandbox/controller.ts";
import { watchPause } from "../podsandbox/exit.ts";
import { unpinPauseNamespaces } from "../podsandbox/files.ts";
import { monitorSandbox } from "../run_pod_sandbox.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Service } from "../service.ts";

const OBJECT_MS = 10_000;

/**
 * One sandbox after a restart (server/restart.go:87-160). One with a pause
 * record is what its pause's task says; one without, half-made, is NOTREADY and has no name.
 *
 * @throws {RuntimeError} ALREADY_EXISTS for a name that two records have: recovery fails (W26).
 */
export async function recoverSandbox(service: Service, sandbox: Sandbox): Promise<void> {
  const { platform, meta, controller, sandboxes, sandboxNames } = service;
  const hasPause = await meta.get("pause", sandbox.id).then(() => true, () => false);
  sandbox.state = "NOTREADY";
  if (hasPause) {
    using bounded = platform.life.within(platform.kernel.clock, OBJECT_MS, "recover sandbox");
    const controlled = new ControlledSandbox(sandbox.record);
    await recoverPause(service, controlled, bounded);
    controller.adopt(controlled);
    watchPause(service, controlled);
    sandbox.state = controlled.state;
    sandboxNames.reserve(sandbox.record.name, sandbox.id);
  }
  sandboxes.add(sandbox);
  if (sandbox.state !== "NOTREADY") monitorSandbox(service, sandbox);
}

async function recoverPause(
  { platform, tasks }: Service,
  sandbox: ControlledSandbox,
  context: Context,
): Promise<void> {
  try {
    const pause = await tasks.get(sandbox.id, context);
    if (pause.phase === "running") {
      sandbox.pause = pause;
      sandbox.state = "READY";
      return;
    }
    await tasks.delete(pause, context);
    sandbox.state = "NOTREADY";
  } catch (error) {
    if (!isNotFound(error)) {
      sandbox.state = "UNKNOWN";
      return;
    }
    sandbox.state = "NOTREADY";
  }
  await unpinPauseNamespaces(platform, sandbox.record);
  sandbox.stopped.close();
}
