import type { ContainerStatus } from "../../../src/container/state.ts";
import type { LifecycleEvent, LifecycleEventType } from "../../../src/events.ts";
import type { ContainerView, Lifecycle, SandboxView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

const ORDER: Readonly<Record<LifecycleEventType, number>> = {
  CREATED: 0,
  STARTED: 1,
  STOPPED: 2,
  DELETED: 3,
};

/**
 * I10: CREATED, STARTED, STOPPED, DELETED come in this order, each at most once, over all lives of the
 * daemon. What readers see change has its event in the same step, and who reads on an event sees what
 * it tells of, or what came later. A restart tells nothing of what it finds: clients list then.
 */
export class Events implements Checker {
  readonly #published = new Map<string, LifecycleEventType[]>();
  /** Changes that were seen, and whose event has not come. */
  readonly #due = new Map<string, LifecycleEventType>();

  constructor(readonly facts: Facts) {}

  published(event: LifecycleEvent): void {
    const { type, id } = event;
    let before = this.#published.get(id);
    if (before === undefined) this.#published.set(id, before = []);
    hold(
      before.every((it) => ORDER[it] < ORDER[type]),
      "I10",
      () => `${short(id)}: ${type} after ${before.join(", ")}`,
    );
    before.push(type);
    this.#due.delete(`${type} ${id}`);
    const { runtime } = this.facts;
    const why = runtime && (whyStale(runtime, event) ?? undefined);
    hold(why === undefined, "I10", () => `${short(id)}: ${type} was published, and ${why}`);
  }

  appeared({ id }: ContainerView, isLoaded: boolean): void {
    if (!isLoaded) this.#expect("CREATED", id);
  }

  changed({ id, status: { state } }: ContainerView, before: ContainerStatus): void {
    if (state === before.state) return;
    if (state === "RUNNING") this.#expect("STARTED", id);
    if (state === "EXITED") this.#expect("STOPPED", id);
  }

  vanished({ id }: ContainerView): void {
    this.#expect("DELETED", id);
  }

  sandboxChanged({ id }: SandboxView, isReady: boolean): void {
    if (isReady) this.#expect("STARTED", id);
  }

  sandboxVanished({ id }: SandboxView): void {
    // One that could not be made was never there, for anybody who listens.
    if (this.#published.get(id)?.includes("STARTED")) this.#expect("DELETED", id);
  }

  lifeEnded(): void {
    this.#due.clear();
  }

  afterStep(): void {
    for (const due of this.#due.keys()) hold(false, "I10", () => `no event: ${due}`);
  }

  #expect(type: LifecycleEventType, id: string): void {
    if (!this.#published.get(id)?.includes(type)) this.#due.set(`${type} ${id}`, type);
  }
}

/** What readers see that is older than an event, if anything is. */
function whyStale(runtime: Lifecycle, { type, id, sandboxId }: LifecycleEvent): string | undefined {
  if (id === sandboxId) return whyStaleSandbox(runtime, type, id);
  const state = runtime.containers.get(id)?.status.state;
  if (type === "DELETED") return state === undefined ? undefined : "it can be found";
  if (state === undefined) return "it cannot be found";
  const isOld = (type === "STARTED" && state === "CREATED") ||
    (type === "STOPPED" && state !== "EXITED");
  return isOld ? `it is ${state}` : undefined;
}

function whyStaleSandbox(
  runtime: Lifecycle,
  type: LifecycleEventType,
  id: string,
): string | undefined {
  const isThere = runtime.sandboxes.get(id) !== undefined;
  if (type === "DELETED") return isThere ? "it can be found" : undefined;
  if (!isThere) return "it cannot be found";
  return type === "STOPPED" && runtime.isReady(id) ? "it is ready" : undefined;
}
