/** Attributes of spans and log lines. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A timed piece of work (OpenTelemetry's span). Dispose it when the work is over. */
export interface Span extends Disposable {
  set(attributes: Attributes): void;
  event(name: string, attributes?: Attributes): void;
  /** Records why the work failed. */
  fail(error: unknown): void;
  [Symbol.dispose](): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where the core tells what it does. Must not throw, block, or hold up the caller. */
export interface Telemetry {
  span(name: string, attributes?: Attributes): Span;
  /** One observation of a duration, in seconds; `container_start` and the like. */
  observe(timer: string, seconds: number, labels?: Attributes): void;
  log(level: LogLevel, message: string, attributes?: Attributes): void;
}

const SILENT_SPAN: Span = { set() {}, event() {}, fail() {}, [Symbol.dispose]() {} };

/** Tells nobody. */
export const SILENT: Telemetry = { span: () => SILENT_SPAN, observe() {}, log() {} };
