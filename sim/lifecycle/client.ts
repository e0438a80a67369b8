import type { Context } from "../../src/kernel/context.ts";
import { containerConfig, sandboxConfig } from "./configs.ts";
import type { Lifecycle } from "./operations.ts";
import type { Oracle } from "./oracle.ts";
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
  switch (request.kind) {
    case "RunPodSandbox": {
      const config = sandboxConfig(request, slots.nextAttempt());
      const id = await lifecycle.runPodSandbox(config, context);
      return slots.setSandbox(request.sandbox, id, request.sharesPids);
    }
    case "StopPodSandbox": {
      const id = slots.sandbox(request.sandbox);
      await lifecycle.stopPodSandbox(id, context);
      return oracle.sandboxStopped(lifecycle, id);
    }
    case "RemovePodSandbox": {
      const id = slots.sandbox(request.sandbox);
      await lifecycle.removePodSandbox(id, context);
      return oracle.sandboxRemoved(lifecycle, id);
    }
    case "CreateContainer": {
      const sharesPids = request.sharesPids && slots.sharesPids(request.place.sandbox);
      const config = containerConfig({ ...request, sharesPids }, slots.nextAttempt());
      const sandboxId = slots.sandbox(request.place.sandbox);
      const id = await lifecycle.createContainer(sandboxId, config, context);
      return slots.setContainer(request.place, id);
    }
    case "StartContainer": {
      const id = slots.container(request.place);
      try {
        return await lifecycle.startContainer(id, context);
      } catch (error) {
        oracle.startFailed(lifecycle, id, error);
        throw error;
      }
    }
    case "StopContainer": {
      const id = slots.container(request.place);
      await lifecycle.stopContainer(id, request.gracePeriodMs, context);
      return oracle.containerStopped(lifecycle, id);
    }
    case "RemoveContainer": {
      const id = slots.container(request.place);
      await lifecycle.removeContainer(id, context);
      return oracle.containerRemoved(lifecycle, id);
    }
    case "ExecSync": {
      const id = slots.container(request.place);
      return await lifecycle.execSync(id, ["true"], request.timeoutMs, context);
    }
    case "ReopenContainerLog":
      return await lifecycle.reopenContainerLog(slots.container(request.place), context);
  }
}

function keyOf(place: ContainerPlace): string {
  return `${place.sandbox}/${place.container}`;
}
