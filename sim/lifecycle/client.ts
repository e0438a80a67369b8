import type { Context } from "../../src/kernel/context.ts";
import { containerConfig, sandboxConfig } from "./configs.ts";
import type { Lifecycle } from "./operations.ts";
import type { Oracle } from "./oracle/oracle.ts";
import type { ContainerPlace, Request, SandboxSlot } from "./request.ts";

/** An id that no object has. */
const NO_ID = "0".repeat(64);
/** Every so many names is one that was used before. */
const REPEATED_NAME = 8;

/** What all clients of a run share: which ids they got for the slots that they play with. */
export class Slots {
  readonly #sandboxes = new Map<SandboxSlot, string>();
  readonly #sharing = new Set<SandboxSlot>();
  readonly #containers = new Map<string, string>();
  #attempt = 0;

  sandbox(slot: SandboxSlot): string {
    return this.#sandboxes.get(slot) ?? NO_ID;
  }

  container(place: ContainerPlace): string {
    return this.#containers.get(keyOf(place)) ?? NO_ID;
  }

  setSandbox(slot: SandboxSlot, id: string, sharesPids: boolean): void {
    this.#sandboxes.set(slot, id);
    if (sharesPids) this.#sharing.add(slot);
    else this.#sharing.delete(slot);
  }

  setContainer(place: ContainerPlace, id: string): void {
    this.#containers.set(keyOf(place), id);
  }

  /** Names repeat now and then, as they do when a client retries. */
  nextAttempt(): number {
    this.#attempt++;
    return this.#attempt % REPEATED_NAME === 0 ? this.#attempt - 1 : this.#attempt;
  }

  /** Whether the sandbox in a slot has a PID namespace that its containers can share. */
  sharesPids(slot: SandboxSlot): boolean {
    return this.#sharing.has(slot);
  }
}

/**
 * Makes one request and tells the oracle what came of it. Errors that a client may get are part of
 * the game; a broken assertion of the core is not.
 */
export async function perform(
  lifecycle: Lifecycle,
  slots: Slots,
  oracle: Oracle,
  request: Request,
  context: Context,
): Promise<void> {
  const id = idOf(slots, request);
  const gracePeriodMs = request.kind === "StopContainer" ? request.gracePeriodMs : 0;
  const call = oracle.called({
    kind: request.kind,
    id,
    gracePeriodMs,
    runtime: lifecycle,
    context,
  });
  let result: string | undefined;
  try {
    result = await answerOf(lifecycle, slots, request, id, context);
  } catch (error) {
    oracle.refused(call, error);
    throw error;
  }
  oracle.answered(call, result);
  if (result === undefined) return;
  if (request.kind === "RunPodSandbox") {
    slots.setSandbox(request.sandbox, result, request.sharesPids);
  } else if (request.kind === "CreateContainer") slots.setContainer(request.place, result);
}

/** Which object a request names now; of CreateContainer the sandbox. */
function idOf(slots: Slots, request: Request): string {
  switch (request.kind) {
    case "RunPodSandbox":
      return NO_ID;
    case "StopPodSandbox":
    case "RemovePodSandbox":
      return slots.sandbox(request.sandbox);
    case "CreateContainer":
      return slots.sandbox(request.place.sandbox);
    default:
      return slots.container(request.place);
  }
}

/** What the lifecycle answers: the id of what was made, if anything was. */
async function answerOf(
  lifecycle: Lifecycle,
  slots: Slots,
  request: Request,
  id: string,
  context: Context,
): Promise<string | undefined> {
  switch (request.kind) {
    case "RunPodSandbox":
      return await lifecycle.runPodSandbox(sandboxConfig(request, slots.nextAttempt()), context);
    case "StopPodSandbox":
      await lifecycle.stopPodSandbox(id, context);
      return;
    case "RemovePodSandbox":
      await lifecycle.removePodSandbox(id, context);
      return;
    case "CreateContainer": {
      const sharesPids = request.sharesPids && slots.sharesPids(request.place.sandbox);
      const config = containerConfig({ ...request, sharesPids }, slots.nextAttempt());
      return await lifecycle.createContainer(id, config, context);
    }
    case "StartContainer":
      await lifecycle.startContainer(id, context);
      return;
    case "StopContainer":
      await lifecycle.stopContainer(id, request.gracePeriodMs, context);
      return;
    case "RemoveContainer":
      await lifecycle.removeContainer(id, context);
      return;
    case "ExecSync":
      await lifecycle.execSync(id, ["true"], request.timeoutMs, context);
      return;
    case "ReopenContainerLog":
      await lifecycle.reopenContainerLog(id, context);
      return;
  }
}

function keyOf(place: ContainerPlace): string {
  return `${place.sandbox}/${place.container}`;
}
