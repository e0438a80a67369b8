import type { ServerUnaryCall } from "@grpc/grpc-js";

import { RuntimeError } from "../errors.ts";
import { Context } from "../kernel/context.ts";

/** What calls of every kind have. */
export type ServerCall = Pick<
  ServerUnaryCall<unknown, unknown>,
  "cancelled" | "getDeadline" | "once"
>;

/**
 * How much earlier than here a client's deadline may pass, in milliseconds: the time left is sent along
 * with the call, and counts here from its arrival (gRPC over HTTP/2, Timeout).
 */
const TRANSIT_MS = 250;

/**
 * A context that ends with `call`. A client that cancels, one that hangs up and a deadline all
 * arrive as one event, so the clock tells them apart. Nothing more is made for a call until
 * somebody listens: an AbortController each cost half the peak rate.
 */
export function contextOf(call: ServerCall): Context {
  const context = new Context();
  const end = () => {
    const isLate = Number(call.getDeadline()) - TRANSIT_MS <= Date.now();
    context.cancel(
      isLate
        ? new RuntimeError("DEADLINE_EXCEEDED", "deadline exceeded")
        : new RuntimeError("CANCELLED", "cancelled by the client"),
    );
  };
  if (call.cancelled) end();
  else call.once("cancelled", end);
  return context;
}
