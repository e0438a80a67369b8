import { sleep } from "../../src/kernel/context.ts";
import type { Runtime } from "../../src/runtime.ts";

/** An event that is to be handled again. */
export type Event = () => Promise<void>;

interface Queue {
  events: Event[];
  durationMs: number;
  expiresAtMs: number;
}

const TICK_MS = 1_000;
const FIRST_MS = 1_000;
const LONGEST_MS = 300_000;

/**
 * Exits whose handling failed, by object (server/events/events.go:161-260). The goroutine ticks while
 * something waits; the reference's always ticks. On a tick a queue is taken out as a whole, and put back
 * from the first failure on, over whatever came meanwhile (W7b).
 */
export class BackOff {
  readonly #queues = new Map<string, Queue>();
  #isTicking = false;

  constructor(readonly platform: Runtime) {}

  get isEmpty(): boolean {
    return this.#queues.size === 0 && !this.#isTicking;
  }

  /** Handles an event later: behind those of the same object, if there are any. */
  add(id: string, event: Event): void {
    const queue = this.#queues.get(id);
    if (queue !== undefined) queue.events.push(event);
    else this.#put(id, [event], FIRST_MS);
    void this.#tick();
  }

  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    const { clock } = this.platform.kernel;
    while (this.#queues.size > 0) {
      await sleep(clock, TICK_MS, this.platform.life);
      for (const [id, queue] of [...this.#queues]) {
        if (queue.expiresAtMs > clock.monotonicMs()) continue;
        this.#queues.delete(id);
        await this.#handle(id, queue);
      }
    }
    this.#isTicking = false;
  }

  async #handle(id: string, { events, durationMs }: Queue): Promise<void> {
    for (const [index, event] of events.entries()) {
      try {
        await event();
      } catch (error) {
        this.platform.reportIfBug(error);
        this.#put(id, events.slice(index), Math.min(durationMs * 2, LONGEST_MS));
        return;
      }
    }
  }

  #put(id: string, events: Event[], durationMs: number): void {
    const expiresAtMs = this.platform.kernel.clock.monotonicMs() + durationMs;
    this.#queues.set(id, { events, durationMs, expiresAtMs });
  }
}
