import { createContainer } from "../../src/container/create.ts";
import { execSync } from "../../src/container/exec.ts";
import { reopenContainerLog } from "../../src/container/logs.ts";
import { removeContainer } from "../../src/container/remove.ts";
import { startContainer } from "../../src/container/start.ts";
import { stopContainer } from "../../src/container/stop.ts";
import { Context } from "../../src/kernel/context.ts";
import type { Runtime } from "../../src/runtime.ts";
import { removePodSandbox } from "../../src/sandbox/remove.ts";
import { runPodSandbox } from "../../src/sandbox/run.ts";
import { stopPodSandbox } from "../../src/sandbox/stop.ts";
import { containerConfig, sandboxConfig } from "./configs.ts";
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
  runtime: Runtime,
  slots: Slots,
  oracle: Oracle,
  request: Request,
  context: Context,
): Promise<void> {
  switch (request.kind) {
    case "RunPodSandbox": {
      const config = sandboxConfig(request, slots.nextAttempt());
      const id = await runPodSandbox(runtime, config, "", context);
      return slots.setSandbox(request.sandbox, id, request.sharesPids);
    }
    case "StopPodSandbox": {
      const id = slots.sandbox(request.sandbox);
      await stopPodSandbox(runtime, id, context);
      return oracle.sandboxStopped(runtime, id);
    }
    case "RemovePodSandbox": {
      const id = slots.sandbox(request.sandbox);
      await removePodSandbox(runtime, id, context);
      return oracle.sandboxRemoved(runtime, id);
    }
    case "CreateContainer": {
      const sharesPids = request.sharesPids && slots.sharesPids(request.place.sandbox);
      const config = containerConfig({ ...request, sharesPids }, slots.nextAttempt());
      const sandboxId = slots.sandbox(request.place.sandbox);
      const id = await createContainer(runtime, sandboxId, config, context);
      return slots.setContainer(request.place, id);
    }
    case "StartContainer": {
      const id = slots.container(request.place);
      try {
        return await startContainer(runtime, id, context);
      } catch (error) {
        oracle.startFailed(runtime, id, error);
        throw error;
      }
    }
    case "StopContainer": {
      const id = slots.container(request.place);
      await stopContainer(runtime, id, request.gracePeriodMs, context);
      return oracle.containerStopped(runtime, id);
    }
    case "RemoveContainer": {
      const id = slots.container(request.place);
      await removeContainer(runtime, id, context);
      return oracle.containerRemoved(runtime, id);
    }
    case "ExecSync": {
      const id = slots.container(request.place);
      await execSync(runtime, id, ["true"], request.timeoutMs, context);
      return;
    }
    case "ReopenContainerLog":
      return await reopenContainerLog(runtime, slots.container(request.place), context);
  }
}

function keyOf(place: ContainerPlace): string {
  return `${place.sandbox}/${place.container}`;
}
