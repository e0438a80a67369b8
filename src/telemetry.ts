/** Attributes of spans and log lines. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A timed piece of work (OpenTelemetry's span). Dispose it when the work is over. */
export interface Span extends Disposable {
  /** Adds attributes. */
  set(attributes: Attributes): void;
  /** Something that happened on the way. */
  event(name: string, attributes?: Attributes): void;
  /** Records why the work failed. */
  fail(error: unknown): void;
  /** Does `work` so that spans which are begun in it know this one as their parent; absent where nobody asks. */
  run?<T>(work: () => T): T;
  /** The work is over. Again is fine. */
  [Symbol.dispose](): void;
}

/** How much a line matters, least first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where the core tells what it does. Must not throw, block, or hold up the caller. */
export interface Telemetry {
  /** Work that begins now. */
  span(name: string, attributes?: Attributes): Span;
  /** One observation of a duration, in seconds; `container_start` and the like. */
  observe(timer: string, seconds: number, labels?: Attributes): void;
  /** One line for people. */
  log(level: LogLevel, message: string, attributes?: Attributes): void;
}

/** Does `work` inside a span; a failure is recorded and goes on its way. */
export async function spanned<T>(
  telemetry: Telemetry,
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  using span = telemetry.span(name, attributes);
  try {
    return await (span.run === undefined ? work(span) : span.run(() => work(span)));
  } catch (error) {
    span.fail(error);
    throw error;
  }
}

const SILENT_SPAN: Span = { set() {}, event() {}, fail() {}, [Symbol.dispose]() {} };

/** Tells nobody. */
export const SILENT: Telemetry = { span: () => SILENT_SPAN, observe() {}, log() {} };
