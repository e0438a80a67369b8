import { forEachOf } from "../kernel/all_of.ts";
import type { Context } from "../kernel/context.ts";
import { abandonPreparation } from "../container/prepare.ts";
import { endContainer } from "../container/stop.ts";
import type { Container } from "../container/container.ts";
import { observed } from "../operation.ts";
import type { Runtime } from "../runtime.ts";
import type { Sandbox } from "./sandbox.ts";
import { stopped, stopping } from "./state.ts";
import { teardownSandbox } from "./teardown.ts";

/**
 * CRI StopPodSandbox. First the gate closes, durably: no container can be created or started from then
 * on, and every read says NOTREADY. Then whoever is inside leaves, the containers are killed, and
 * network and namespaces go. When it returns nothing of the pod runs or ever will (RACES.md W4). Every
 * step is idempotent; an unknown id is fine; a stop under way is joined.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for an ambiguous id; the context's cause.
 * @throws {KernelError} the step that Linux refused; call again.
 */
export async function stopPodSandbox(
  runtime: Runtime,
  id: string,
  context: Context,
): Promise<void> {
  const sandbox = runtime.sandboxes.findIfPresent(id);
  if (sandbox === undefined) return;
  await stopSandbox(runtime, sandbox, context);
}

/** As `stopPodSandbox`, for a sandbox at hand. */
export async function stopSandbox(
  runtime: Runtime,
  sandbox: Sandbox,
  context: Context,
): Promise<void> {
  await sandbox.stop.run(() => stop(runtime, sandbox), context);
}

async function stop(runtime: Runtime, sandbox: Sandbox): Promise<void> {
  if (sandbox.status.phase === "STOPPED") return;
  using context = runtime.operationContext(`stop sandbox "${sandbox.id}"`);
  await observed(runtime, {
    name: "StopPodSandbox",
    attributes: { "sandbox.id": sandbox.id },
    timer: "sandbox_runtime_stop",
    handler: sandbox.record.handler,
  }, () => stopParts(runtime, sandbox, context));
}

async function stopParts(runtime: Runtime, sandbox: Sandbox, context: Context): Promise<void> {
  sandbox.gate.close();
  await sandbox.transition(stopping);
  await sandbox.gate.drained(context);
  await forEachOf(containersOf(runtime, sandbox.id), async (container) => {
    if (container.claim.kind === "starting") await container.claim.released(context);
    await endContainer(runtime, container, 0, context);
    await abandonPreparation(runtime, container, context);
  });
  await runtime.hooks.sandbox("stopPodSandbox", sandbox, context);
  await teardownSandbox(runtime, sandbox.record, sandbox.status, context);
  await sandbox.transition(stopped, "STOPPED");
}

/** The containers of a sandbox, oldest first. */
export function containersOf(runtime: Runtime, sandboxId: string): Container[] {
  return [...runtime.containers.values()].filter((container) => container.sandboxId === sandboxId);
}
