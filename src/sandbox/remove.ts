import { removeContainer } from "../container/remove.ts";
import { forEachOf } from "../kernel/all_of.ts";
import type { Context } from "../kernel/context.ts";
import { observed } from "../operation.ts";
import type { Runtime } from "../runtime.ts";
import { deleteSandboxRecord } from "./record.ts";
import type { Sandbox } from "./sandbox.ts";
import { containersOf, stopSandbox } from "./stop.ts";
import { discardSandboxFiles } from "./teardown.ts";

/**
 * CRI RemovePodSandbox: stops the sandbox, removes its containers and everything of its own. The
 * record goes last, so that a retry or a restart finds what is left (RACES.md W27). An unknown id is
 * fine; a removal under way is joined.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for an ambiguous id; UNAVAILABLE while what is left of a
 * container that never came to be cannot be cleared away; the context's cause.
 * @throws {KernelError} the step that Linux refused; call again.
 */
export async function removePodSandbox(
  runtime: Runtime,
  id: string,
  context: Context,
): Promise<void> {
  const sandbox = runtime.sandboxes.findIfPresent(id);
  if (sandbox === undefined) return;
  await sandbox.removal.run(() => remove(runtime, sandbox), context);
}

async function remove(runtime: Runtime, sandbox: Sandbox): Promise<void> {
  using context = runtime.operationContext(`remove sandbox "${sandbox.id}"`);
  await observed(runtime, {
    name: "RemovePodSandbox",
    attributes: { "sandbox.id": sandbox.id },
    timer: "sandbox_remove",
    handler: sandbox.record.handler,
  }, () => removeParts(runtime, sandbox, context));
}

async function removeParts(runtime: Runtime, sandbox: Sandbox, context: Context): Promise<void> {
  await stopSandbox(runtime, sandbox, context);
  await forEachOf(
    containersOf(runtime, sandbox.id),
    (container) => removeContainer(runtime, container.id, context),
  );
  await runtime.janitor.hurryIn(sandbox.id, context);
  await runtime.hooks.sandbox("removePodSandbox", sandbox, context);
  await discardSandboxFiles(runtime, sandbox.record);
  await runtime.kernel.store.commit(deleteSandboxRecord(sandbox.id));
  runtime.sandboxes.delete(sandbox.id);
  runtime.sandboxNames.release(sandbox.record.name, sandbox.id);
  sandbox.announce("DELETED");
}
