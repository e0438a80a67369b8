import { messageOf } from "../errors.ts";
import type { Attributes, LogLevel, Span, Telemetry } from "../telemetry.ts";

/** In order of weight. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** How log lines look: for people, or for programs. */
export type LogFormat = "text" | "json";

/** Where a {@linkcode LogTelemetry} writes, and how much. */
export interface LogOptions {
  /** The least that is told. */
  readonly level: LogLevel;
  /** How a line looks. */
  readonly format: LogFormat;
  /** Takes one line, with its newline. Standard error unless given. */
  readonly write?: (line: string) => void;
}

/**
 * Tells in lines of text what the runtime does: its messages, and at level debug every span with its
 * duration and every timer.
 */
export class LogTelemetry implements Telemetry {
  readonly #weight: number;
  readonly #format: LogFormat;
  readonly #write: (line: string) => void;

  /** Holds nothing open. */
  constructor(options: LogOptions) {
    this.#weight = LOG_LEVELS.indexOf(options.level);
    this.#format = options.format;
    this.#write = options.write ?? writeToStderr;
  }

  /** Work that is told of when it is over. */
  span(name: string, attributes: Attributes = {}): Span {
    const all: Record<string, string | number | boolean> = { ...attributes };
    const beganMs = performance.now();
    let isOver = false;
    const log = (message: string, more?: Attributes) =>
      this.log("debug", message, { ...all, ...more });
    return {
      set: (more) => void Object.assign(all, more),
      event: (event, more) => log(`${name}: ${event}`, more),
      fail: (error) => void Object.assign(all, { error: messageOf(error) }),
      [Symbol.dispose]() {
        if (isOver) return;
        isOver = true;
        log(name, { ms: rounded(performance.now() - beganMs) });
      },
    };
  }

  /** Tells of a duration. */
  observe(timer: string, seconds: number, labels: Attributes = {}): void {
    this.log("debug", "timer", { timer, ms: rounded(seconds * 1_000), ...labels });
  }

  /** Writes a line, when the level is high enough. */
  log(level: LogLevel, message: string, attributes: Attributes = {}): void {
    if (LOG_LEVELS.indexOf(level) < this.#weight) return;
    const time = new Date().toISOString();
    const line = this.#format === "json"
      ? JSON.stringify({ time, level, message, ...attributes })
      : [time, level.toUpperCase().padEnd(5), message, ...pairsOf(attributes)].join(" ");
    this.#write(`${line}\n`);
  }
}

function pairsOf(attributes: Attributes): readonly string[] {
  return Object.entries(attributes).map(([key, value]) => {
    const text = String(value);
    return `${key}=${/^[\w./:@-]+$/.test(text) ? text : JSON.stringify(text)}`;
  });
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/** A reader that went away, or a full pipe, is no reason to stop: containers matter more than lines. */
function writeToStderr(line: string): void {
  const bytes = new TextEncoder().encode(line);
  try {
    for (let written = 0; written < bytes.length;) {
      written += Deno.stderr.writeSync(bytes.subarray(written));
    }
  } catch {
    // Nobody is left to be told.
  }
}
