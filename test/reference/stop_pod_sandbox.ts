import { dirname } from "@std/path";
import type { Context } from "../../src/kernel/context.ts";
import { messageOf, RuntimeError } from "../../src/errors.ts";
import type { Container } from "./container.ts";
import { isNotFound } from "./meta.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Service } from "./service.ts";
import { stopInternally } from "./stop_container.ts";

/**
 * StopPodSandbox (server/sandbox_stop.go:65-123). Nothing keeps a container
 * that is created or started meanwhile out of the sandbox: the list is a snapshot, and one that is
 * being started counts as not running (W4a).
 */
export async function stopPodSandbox(
  service: Service,
  id: string,
  context: Context,
): Promise<void> {
  const sandbox = service.sandboxes.findIfPresent(id);
  if (sandbox !== undefined) await stopSandboxParts(service, sandbox, context);
}

export async function stopSandboxParts(
  service: Service,
  sandbox: Sandbox,
  context: Context,
): Promise<void> {
  for (const container of containersOf(service, sandbox.id)) {
    try {
      await stopInternally(service, container, 0, context);
    } catch (error) {
      throw failure(error, `failed to stop container "${container.id}"`);
    }
  }
  if (sandbox.state !== "NOTREADY") {
    try {
      await service.controller.stop(sandbox.id, context);
    } catch (error) {
      if (!isNotFound(error)) throw failure(error, `failed to stop sandbox "${sandbox.id}"`);
    }
  }
  await tearDownNetwork(service, sandbox, context);
}

/** The containers of a sandbox that the store has now. */
export function containersOf(service: Service, sandboxId: string): Container[] {
  return [...service.containers.values()].filter((it) => it.sandboxId === sandboxId);
}

/** An error with what was tried in front, its code kept. */
export function failure(error: unknown, what: string): unknown {
  if (!(error instanceof RuntimeError)) return error;
  return new RuntimeError(error.code, `${what}: ${messageOf(error)}`, { cause: error });
}

async function tearDownNetwork(
  { platform, controller }: Service,
  { id, record, netnsPath, network }: Sandbox,
  context: Context,
): Promise<void> {
  const { kernel } = platform;
  if (record.networkList === undefined || netnsPath === "") return;
  const isOpen = await kernel.namespaces.isPinned(netnsPath);
  const attachment = { sandboxId: id, netnsPath: isOpen ? netnsPath : "", config: record.config };
  try {
    await platform.network.detach(attachment, record.networkList, network?.result, context);
  } catch (error) {
    if (network !== undefined) throw error;
  }
  await kernel.namespaces.unpin(netnsPath);
  // Of one that was half made, the folder held nothing else.
  if (!controller.has(id)) await kernel.files.remove(dirname(netnsPath));
}
