import type { Runtime } from "./runtime.ts";
import { type Attributes, type Span, spanned } from "./telemetry.ts";

/** How an operation of CRI is told of. */
export interface OperationTelemetry {
  /** Of the span: the RPC's name. */
  readonly name: string;
  readonly attributes: Attributes;
  /** Of the timer, which sees successes only. */
  readonly timer: string;
  /** CRI's runtime handler. */
  readonly handler: string;
}

/**
 * Does an operation inside a span, and observes how long it took when it succeeds. The end of the daemon waits
 * for it, and lets none begin.
 *
 * @throws {RuntimeError} UNAVAILABLE after the end.
 */
export async function observed<T>(
  runtime: Runtime,
  { name, attributes, timer, handler }: OperationTelemetry,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const { clock } = runtime.kernel;
  const beganMs = clock.monotonicMs();
  const result = await runtime.life.serve(() => spanned(runtime.telemetry, name, attributes, work));
  runtime.telemetry.observe(timer, (clock.monotonicMs() - beganMs) / 1_000, { runtime: handler });
  return result;
}
