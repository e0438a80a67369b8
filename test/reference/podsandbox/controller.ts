import type { Context } from "../../../src/kernel/context.ts";
import type { SandboxRecord } from "../../../src/sandbox/record.ts";
import { StopChannel } from "../goroutine.ts";
import { notFound } from "../meta.ts";
import type { SandboxState } from "../sandbox.ts";
import type { Service } from "../service.ts";
import type { TaskEntry } from "../tasks.ts";
import { shutdownSandbox } from "./shutdown.ts";
import { startSandbox } from "./start.ts";
import { stopSandbox } from "./stop.ts";

/** A sandbox as its controller has it, with the controller's copy of the state (podsandbox/types). */
export class ControlledSandbox {
  state: SandboxState = "UNKNOWN";
  pause: TaskEntry | undefined;
  readonly stopped = new StopChannel();

  constructor(readonly record: SandboxRecord) {}

  get id(): string {
    return this.record.id;
  }
}

/**
 * The sandbox controller (server/podsandbox/controller.go): a pause container is the sandbox. Here the
 * pause pins the pod's namespaces by path and containers join those, where the reference has them join
 * /proc/PID/ns of the pause, so that its window of a recycled pid (W16) is not there.
 */
export class Controller {
  readonly #sandboxes = new Map<string, ControlledSandbox>();

  constructor(readonly service: Service) {}

  /** In memory only. */
  create(record: SandboxRecord): void {
    this.adopt(new ControlledSandbox(record));
  }

  adopt(sandbox: ControlledSandbox): void {
    this.#sandboxes.set(sandbox.id, sandbox);
  }

  forget(id: string): void {
    this.#sandboxes.delete(id);
  }

  has(id: string): boolean {
    return this.#sandboxes.has(id);
  }

  /** @throws {RuntimeError} NOT_FOUND. */
  get(id: string): ControlledSandbox {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) throw notFound(`sandbox "${id}" not found`);
    return sandbox;
  }

  /** What PodSandboxStatus answers: NOTREADY for a sandbox that it does not know. */
  state(id: string): SandboxState {
    return this.#sandboxes.get(id)?.state ?? "NOTREADY";
  }

  async start(id: string, context: Context): Promise<void> {
    await startSandbox(this.service, this.get(id), context);
  }

  async stop(id: string, context: Context): Promise<void> {
    await stopSandbox(this.service, this.get(id), context);
  }

  async shutdown(id: string, context: Context): Promise<void> {
    await shutdownSandbox(this.service, this.get(id), context);
  }

  /** Resolves when the pause has ended and was deleted. */
  wait(id: string): Promise<void> {
    return this.get(id).stopped.closed;
  }
}
