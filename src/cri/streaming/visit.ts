import type { Socket } from "node:net";

import type { Clock } from "../../kernel/clock.ts";
import { Context } from "../../kernel/context.ts";
import { hasErrno, KernelError } from "../../kernel/errno.ts";
import type { Report } from "../handlers.ts";
import { isUnexpected } from "../status_codes.ts";
import type { StreamOperations } from "./operations.ts";

/** How long a client whose visit was ended from here has to hear why. */
const lastWordsMs = 2_000;

/** One client that came with a token: what all protocols need to serve it. */
export interface Visit {
  /** Its connection. */
  readonly socket: Socket;
  /** Ends when the client goes away, when nothing happens for too long, and when the server closes. */
  readonly context: Context;
  readonly clock: Clock;
  /** How long nothing may happen, in the socket's own timer. */
  readonly idleMs: number;
  /** How long the client has to open the streams that it has asked for. */
  readonly creationMs: number;
  readonly operations: StreamOperations;
  readonly report: Report;
}

/**
 * Reports what an operation in `context` failed with, unless it is a refusal. What the kernel refuses once
 * the client has left is no news either.
 */
export function reportFailure(
  { report }: Visit,
  method: string,
  error: unknown,
  context: Context,
): void {
  const hasLeft = context.cause !== undefined || hasErrno(error, "EPIPE");
  if (hasLeft && error instanceof KernelError) return;
  if (isUnexpected(error)) report(method, error);
}

/**
 * In which time a client is told how its visit ended: as long as the visit lasts, since it may read
 * slowly what came before; not much longer when the visit was ended. Dispose it afterwards.
 */
export function lastWords({ context, clock }: Visit): Context & Disposable {
  if (context.cause === undefined) return context.child();
  return Context.background().within(clock, lastWordsMs, "last words to a client");
}
