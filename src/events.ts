import type { Telemetry } from "./telemetry.ts";
import { shared, SharedQueue, SharedSet } from "./kernel/shared_memory.ts";

/** CRI's ContainerEventType; sandboxes have events too, with their own id. */
export type LifecycleEventType = "CREATED" | "STARTED" | "STOPPED" | "DELETED";

/** Something that happened to a container or a sandbox. */
export interface LifecycleEvent {
  /** A sandbox has CREATED and STARTED at once, when it is ready. */
  readonly type: LifecycleEventType;
  /** The container's id, or the sandbox's for events of the sandbox itself. */
  readonly id: string;
  /** The container's sandbox; for events of a sandbox the same as `id`. */
  readonly sandboxId: string;
  /** Microseconds since 1970. */
  readonly at: number;
}

/** A reader of events that falls behind loses the oldest: it must never hold up a container. */
export const SUBSCRIBER_EVENTS_MAX = 1_000;

/** A reader's place in the stream. */
export class Subscription implements Disposable {
  readonly #queue = new SharedQueue<LifecycleEvent>();
  @shared
  accessor #wake: (() => void) | undefined;
  @shared
  accessor #isClosed = false;
  /** How many events this reader was too slow for. */
  @shared
  accessor droppedCount = 0;

  /** @internal `EventStream.subscribe` makes one. */
  constructor(
    /** @internal */
    readonly leave: () => void,
  ) {}

  /** @internal Called by the stream. */
  offer(event: LifecycleEvent): void {
    if (this.#queue.length >= SUBSCRIBER_EVENTS_MAX) {
      this.#queue.shift();
      this.droppedCount++;
    }
    this.#queue.push(event);
    this.#wake?.();
  }

  /** The next event, or undefined when the subscription is over. */
  async next(): Promise<LifecycleEvent | undefined> {
    while (this.#queue.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    return this.#queue.shift();
  }

  /** Leaves the stream; what is queued can still be read, then `next` gives undefined. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.leave();
    this.#wake?.();
  }
}

/**
 * Every transition, in order, to whoever listens. Publishing is synchronous and never waits: a slow
 * subscriber drops events, the node goes on (RACES.md W15).
 */
export class EventStream {
  readonly #listeners = new SharedSet<(event: LifecycleEvent) => void>();

  /** @internal A runtime has its own. */
  constructor(
    /** @internal */
    readonly telemetry: Telemetry,
  ) {}

  /** @internal Tells every listener, before it returns. */
  publish(event: LifecycleEvent): void {
    this.telemetry.log("debug", "event", { type: event.type, id: event.id });
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls `listener` with every event, as it is published; it must not throw. */
  listen(listener: (event: LifecycleEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** A queue of the events from now on, for a reader that takes its time. */
  subscribe(): Subscription {
    const subscription = new Subscription(() => listening[Symbol.dispose]());
    const listening = this.listen((event) => subscription.offer(event));
    return subscription;
  }
}
