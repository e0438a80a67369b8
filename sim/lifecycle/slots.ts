import { shared, SharedMap, SharedSet } from "../../src/kernel/shared_memory.ts";
import { SIM_IMAGE } from "./configs.ts";
import type { ContainerPlace, Request, SandboxSlot } from "./request.ts";

/** An id that no object has. */
const NO_ID = "0".repeat(64);
/** What names no object. */
const NOBODY = "";
/** Every so many names is one that was used before. */
const REPEATED_NAME = 8;

/**
 * What all clients of a run share: which ids they got for the slots that they play with. A client names
 * what it was told of, so it waits for that as long as somebody may still make it.
 */
export class Slots {
  readonly #sandboxes = new SharedMap<string, string>();
  readonly #sharing = new SharedSet<SandboxSlot>();
  readonly #containers = new SharedMap<string, string>();
  @shared
  accessor #waiting: readonly (() => void)[] = [];
  /** Clients that are at work. */
  @shared
  accessor #busyCount = 0;
  @shared
  accessor #attempt = 0;
  @shared
  accessor #log = 0;

  setSandbox(slot: SandboxSlot, id: string, sharesPids: boolean): void {
    this.#sandboxes.set(String(slot), id);
    if (sharesPids) this.#sharing.add(slot);
    else this.#sharing.delete(slot);
    this.#wake();
  }

  setContainer(place: ContainerPlace, id: string): void {
    this.#containers.set(keyOf(place), id);
    this.#wake();
  }

  /** No two containers log to one file. */
  nextLog(): number {
    return ++this.#log;
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

  /** Which object a request names now; of CreateContainer the sandbox. One that is nobody's if none. */
  idOf(request: Request): string {
    return this.#find(request) ?? NO_ID;
  }

  /** A client is at work from now on. */
  enter(): void {
    this.#busyCount++;
  }

  /** A client has done its calls. */
  leave(): void {
    this.#busyCount--;
    if (this.#busyCount === 0) this.#wake();
  }

  /** Waits until there is what a request names, or nobody is left who could make it. */
  async ready(request: Request): Promise<void> {
    if (request.kind === "RunPodSandbox") return;
    while (this.#find(request) === undefined && this.#busyCount > 1) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = [...this.#waiting, resolve];
      this.#busyCount--;
      await promise;
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#busyCount += waiting.length;
    for (const goOn of waiting) goOn();
  }

  #find(request: Request): string | undefined {
    switch (request.kind) {
      case "RunPodSandbox":
        return undefined;
      case "StopPodSandbox":
      case "RemovePodSandbox":
      case "PodSandboxStats":
      case "PortForward":
        return this.#sandboxes.get(String(request.sandbox));
      case "CreateContainer":
        return this.#sandboxes.get(String(request.place.sandbox));
      case "ListContainerStats":
      case "ListPodSandboxStats":
        return NOBODY;
      case "PullImage":
      case "RemoveImage":
        return SIM_IMAGE;
      default:
        return this.#containers.get(keyOf(request.place));
    }
  }
}

function keyOf(place: ContainerPlace): string {
  return `${place.sandbox}/${place.container}`;
}
