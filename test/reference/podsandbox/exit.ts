import { yieldPoint } from "../goroutine.ts";
import { isNotFound } from "../meta.ts";
import { EVENT_MS, type Service } from "../service.ts";
import type { TaskEntry } from "../tasks.ts";
import type { ControlledSandbox } from "./controller.ts";
import { unpinPauseNamespaces } from "./files.ts";

/** Waits for the pause's end in the background (server/podsandbox/controller.go, waitSandboxExit). */
export function watchPause(service: Service, sandbox: ControlledSandbox): void {
  const { pause } = sandbox;
  if (pause === undefined) return;
  service.go(`pause ${sandbox.id}`, async () => {
    await service.tasks.wait(pause);
    await yieldPoint(service.platform.kernel);
    await endSandbox(service, sandbox, pause).catch((error) => {
      service.platform.reportIfBug(error);
      service.backOff.add(sandbox.id, () => endSandbox(service, sandbox, pause));
    });
  });
}

/** Deletes the pause's task, then says NOTREADY: the controller's copy only. */
export async function endSandbox(
  service: Service,
  sandbox: ControlledSandbox,
  pause: TaskEntry | undefined,
): Promise<void> {
  const { platform, tasks } = service;
  using bounded = platform.life.within(platform.kernel.clock, EVENT_MS, "sandbox exit");
  try {
    if (pause !== undefined) await tasks.delete(pause, bounded);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await unpinPauseNamespaces(platform, sandbox.record);
  sandbox.state = "NOTREADY";
  sandbox.stopped.close();
}
