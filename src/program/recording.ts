import type { Attributes, Span, Telemetry } from "../telemetry.ts";

/** A piece of work that took place. Times in milliseconds of the recorder's clock. */
export interface RecordedSpan {
  readonly name: string;
  readonly beganMs: number;
  readonly endedMs: number;
}

/** Keeps every span that is over, for a look at where the time went, and passes all else on. */
export class RecordingTelemetry implements Telemetry {
  readonly #now: () => number;
  readonly #next: Telemetry;
  readonly #spans: RecordedSpan[] = [];

  constructor(now: () => number, next: Telemetry) {
    this.#now = now;
    this.#next = next;
  }

  /** What is over, in the order in which it began; of what began together the longest first. */
  spans(): readonly RecordedSpan[] {
    return this.#spans.toSorted((a, b) => a.beganMs - b.beganMs || b.endedMs - a.endedMs);
  }

  span(name: string, attributes?: Attributes): Span {
    const span = this.#next.span(name, attributes);
    const beganMs = this.#now();
    let isOver = false;
    return {
      set: (more) => span.set(more),
      event: (event, more) => span.event(event, more),
      fail: (error) => span.fail(error),
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.#spans.push({ name, beganMs, endedMs: this.#now() });
        span[Symbol.dispose]();
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
