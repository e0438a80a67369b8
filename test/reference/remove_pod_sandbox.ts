import { RuntimeError } from "../../src/errors.ts";
import type { Context } from "../../src/kernel/context.ts";
import { removeContainer } from "./remove_container.ts";
import { ignoreNotFound } from "./run_pod_sandbox.ts";
import type { Service } from "./service.ts";
import { containersOf, failure, stopSandboxParts } from "./stop_pod_sandbox.ts";

/**
 * RemovePodSandbox (server/sandbox_remove.go:63-122). Its list of containers
 * is a snapshot too (W5), and memory forgets the sandbox before the record is deleted (W27).
 */
export async function removePodSandbox(
  service: Service,
  id: string,
  context: Context,
): Promise<void> {
  const { platform, meta, controller } = service;
  const sandbox = service.sandboxes.findIfPresent(id);
  if (sandbox === undefined) return;
  try {
    await stopSandboxParts(service, sandbox, context);
  } catch (error) {
    throw failure(error, `failed to forcibly stop sandbox "${sandbox.id}"`);
  }
  await meta.delete("lease", sandbox.id).catch(ignoreNotFound);
  const { netnsPath } = sandbox;
  if (netnsPath !== "" && await platform.kernel.namespaces.isPinned(netnsPath)) {
    throw new RuntimeError(
      "UNKNOWN",
      `sandbox network namespace "${netnsPath}" is not fully closed`,
    );
  }
  for (const container of containersOf(service, sandbox.id)) {
    await removeContainer(service, container.id, context);
  }
  await controller.shutdown(sandbox.id, context).catch(ignoreNotFound);
  await service.events.send("DELETED", sandbox.id, sandbox.id);
  service.sandboxes.delete(sandbox.id);
  await meta.delete("sandbox", sandbox.id).catch(ignoreNotFound);
  service.sandboxNames.release(sandbox.record.name, sandbox.id);
}
