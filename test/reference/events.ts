import type { LifecycleEvent, LifecycleEventType } from "../../src/events.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { Meta } from "./meta.ts";

const SUBSCRIBER_EVENTS_MAX = 100;

/**
 * The queue of container events (internal/eventq/eventq.go). A sender first puts the event together from
 * what the stores say (server/helpers.go:358-378), which takes a while; nothing orders two senders (W13).
 * A subscriber that does not read holds up everybody who sends, once its buffer is full (W15).
 */
export class EventQueue {
  readonly #listeners = new Set<(event: LifecycleEvent) => void>();
  /** How many events wait for each subscriber; none of them ever reads. */
  readonly #waiting: number[] = [];

  constructor(readonly kernel: Kernel, readonly meta: Meta) {}

  listen(listener: (event: LifecycleEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Somebody asks for events, and reads none. */
  subscribe(): void {
    this.#waiting.push(0);
  }

  async send(type: LifecycleEventType, id: string, sandboxId: string): Promise<void> {
    await this.meta.ask();
    const event = { type, id, sandboxId, at: this.kernel.clock.nowMicros() };
    for (const [subscriber, count] of this.#waiting.entries()) {
      if (count === SUBSCRIBER_EVENTS_MAX) return await new Promise<never>(() => {});
      this.#waiting[subscriber] = count + 1;
    }
    for (const listener of this.#listeners) listener(event);
  }
}
