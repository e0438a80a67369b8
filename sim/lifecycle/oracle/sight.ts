import type { ContainerStatus } from "../../../src/container/state.ts";
import type { ContainerView, Lifecycle, SandboxView } from "../operations.ts";
import type { Checker } from "./checker.ts";

/** Tells what readers of the daemon see change: a comparison of snapshots, for few objects and often. */
export class Sight {
  readonly #listeners: readonly Checker[];
  readonly #containers = new Map<
    string,
    { readonly container: ContainerView; seen: ContainerStatus }
  >();
  readonly #sandboxes = new Map<string, { readonly sandbox: SandboxView; isReady: boolean }>();
  #runtime: Lifecycle | undefined;
  /** Whether what appears was made in an earlier life. */
  #isLoading = false;

  constructor(listeners: readonly Checker[]) {
    this.#listeners = listeners;
  }

  /** Looks at another life, or at none. */
  watch(runtime: Lifecycle | undefined): void {
    this.#runtime = runtime;
    this.#isLoading = true;
    this.#containers.clear();
    this.#sandboxes.clear();
  }

  /** What appears from the next look on is new. */
  recovered(): void {
    this.#isLoading = false;
  }

  /** Tells what has changed since the last look. */
  look(): void {
    const runtime = this.#runtime;
    if (runtime === undefined) return;
    if (runtime.containers.size !== this.#containers.size) this.#compareContainers(runtime);
    for (const it of this.#containers.values()) {
      const { container, seen } = it;
      if (container.status === seen) continue;
      it.seen = container.status;
      this.#tellEnd(container);
      for (const listener of this.#listeners) listener.changed?.(container, seen);
    }
    if (runtime.sandboxes.size !== this.#sandboxes.size) this.#compareSandboxes(runtime);
    for (const it of this.#sandboxes.values()) {
      const isReady = runtime.isReady(it.sandbox.id);
      if (isReady === it.isReady) continue;
      it.isReady = isReady;
      for (const listener of this.#listeners) listener.sandboxChanged?.(it.sandbox, isReady);
    }
  }

  #compareContainers(runtime: Lifecycle): void {
    for (const container of runtime.containers.values()) {
      if (this.#containers.has(container.id)) continue;
      this.#containers.set(container.id, { container, seen: container.status });
      for (const listener of this.#listeners) listener.appeared?.(container, this.#isLoading);
      this.#tellEnd(container);
    }
    for (const { container } of [...this.#containers.values()]) {
      if (runtime.containers.get(container.id) !== undefined) continue;
      this.#containers.delete(container.id);
      for (const listener of this.#listeners) listener.vanished?.(container);
    }
  }

  /** Again with each change, and in each life. */
  #tellEnd(container: ContainerView): void {
    if (container.status.state !== "EXITED") return;
    for (const listener of this.#listeners) listener.exited?.(container);
  }

  #compareSandboxes(runtime: Lifecycle): void {
    for (const sandbox of runtime.sandboxes.values()) {
      if (this.#sandboxes.has(sandbox.id)) continue;
      const isReady = runtime.isReady(sandbox.id);
      this.#sandboxes.set(sandbox.id, { sandbox, isReady });
      for (const listener of this.#listeners) listener.sandboxAppeared?.(sandbox, isReady);
    }
    for (const { sandbox } of [...this.#sandboxes.values()]) {
      if (runtime.sandboxes.get(sandbox.id) !== undefined) continue;
      this.#sandboxes.delete(sandbox.id);
      for (const listener of this.#listeners) listener.sandboxVanished?.(sandbox);
    }
  }
}
