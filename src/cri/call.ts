import type { ServerUnaryCall } from "@grpc/grpc-js";

import { RuntimeError } from "../errors.ts";
import { Context } from "../kernel/context.ts";

/** What calls of every kind have. */
export type ServerCall = Pick<
  ServerUnaryCall<unknown, unknown>,
  "cancelled" | "getDeadline" | "off" | "once"
>;

/**
 * How much earlier than here a client's deadline may pass, in milliseconds: the time left is sent along
 * with the call, and counts here from its arrival (gRPC over HTTP/2, Timeout).
 */
const TRANSIT_MS = 250;

/**
 * A context that ends with `call`. A client that cancels, one that hangs up and a deadline all
 * arrive as one event, so the clock tells them apart. Nothing more is made for a call until
 * somebody listens: an AbortController each cost half the peak rate. Dispose it when the call was
 * answered, since that arrives as the same event.
 */
export function contextOf(call: ServerCall): Context & Disposable {
  return new CallContext(call);
}

class CallContext extends Context implements Disposable {
  readonly #call: ServerCall;
  readonly #listener: () => void;

  constructor(call: ServerCall) {
    super();
    const listener = () => this.cancel(causeOf(call));
    this.#call = call;
    this.#listener = listener;
    if (call.cancelled) listener();
    else call.once("cancelled", listener);
  }

  [Symbol.dispose](): void {
    this.#call.off("cancelled", this.#listener);
  }
}

function causeOf(call: ServerCall): RuntimeError {
  const isLate = Number(call.getDeadline()) - TRANSIT_MS <= Date.now();
  return isLate
    ? new RuntimeError("DEADLINE_EXCEEDED", "deadline exceeded")
    : new RuntimeError("CANCELLED", "cancelled by the client");
}
