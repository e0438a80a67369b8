import type { Context } from "../../../src/kernel/context.ts";
import { pauseIdentity } from "../../../src/sandbox/pause.ts";
import { isNotFound } from "../meta.ts";
import type { Service } from "../service.ts";
import type { ControlledSandbox } from "./controller.ts";
import { discardSandboxFiles, unpinPauseNamespaces } from "./files.ts";

/** Controller.Shutdown (server/podsandbox/sandbox_delete.go): folders, task, record, then itself. */
export async function shutdownSandbox(
  service: Service,
  sandbox: ControlledSandbox,
  context: Context,
): Promise<void> {
  const { platform, meta, tasks, controller } = service;
  const { record } = sandbox;
  await unpinPauseNamespaces(platform, record);
  await discardSandboxFiles(platform, record);
  try {
    await tasks.delete(await tasks.get(record.id, context), context);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await tasks.deleteById(pauseIdentity(platform, record), context);
  }
  if (record.ownsCgroup) await platform.kernel.cgroups.remove(record.cgroup);
  await meta.delete("pause", record.id).catch(ignoreNotFound);
  controller.forget(record.id);
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
