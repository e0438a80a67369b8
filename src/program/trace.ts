import { AsyncLocalStorage } from "node:async_hooks";

import { messageOf } from "../errors.ts";
import type { Attributes, Span, Telemetry } from "../telemetry.ts";

/** A piece of work that is over: one line of a trace. */
export interface TracedSpan {
  /** Unique within one life of the daemon; later work has a higher one. */
  readonly id: number;
  /** The span in which it was begun, null for none. What goes on in the background outlives its parent. */
  readonly parent: number | null;
  readonly name: string;
  /** Milliseconds since 1970, with their fraction. */
  readonly beganMs: number;
  readonly ms: number;
  readonly attributes: Attributes;
}

/** Tells a sink of every span when it is over, with its parent, and passes all on to another. */
export class TracingTelemetry implements Telemetry {
  readonly #next: Telemetry;
  readonly #sink: (span: TracedSpan) => void;
  readonly #current = new AsyncLocalStorage<number>();
  #spans = 0;

  constructor(next: Telemetry, sink: (span: TracedSpan) => void) {
    this.#next = next;
    this.#sink = sink;
  }

  span(name: string, attributes: Attributes = {}): Span {
    const next = this.#next.span(name, attributes);
    const id = ++this.#spans;
    const parent = this.#current.getStore() ?? null;
    const all: Record<string, string | number | boolean> = { ...attributes };
    const beganMs = performance.now();
    let isOver = false;
    return {
      set: (more) => {
        Object.assign(all, more);
        next.set(more);
      },
      event: (event, more) => next.event(event, more),
      fail: (error) => {
        all["error"] = messageOf(error);
        next.fail(error);
      },
      run: (work) => this.#current.run(id, work),
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const ms = performance.now() - beganMs;
        next[Symbol.dispose]();
        this.#sink({
          ...{ id, parent, name, attributes: all },
          beganMs: performance.timeOrigin + beganMs,
          ms,
        });
      },
    };
  }

  observe(timer: string, seconds: number, labels?: Attributes): void {
    this.#next.observe(timer, seconds, labels);
  }

  log(...line: Parameters<Telemetry["log"]>): void {
    this.#next.log(...line);
  }
}
