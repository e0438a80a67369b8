import { assertEquals } from "@std/assert";
import { contextOf, type ServerCall } from "../../../src/cri/call.ts";
import type { RuntimeError } from "../../../src/errors.ts";

/** A call with so many milliseconds left, or no deadline; `end` does what grpc-js does at each end. */
function callWith(leftMs: number): { readonly call: ServerCall; end(): void } {
  const listeners = new Set<() => void>();
  const call: ServerCall = {
    cancelled: false,
    getDeadline: () => Date.now() + leftMs,
    once(_event: string | symbol, listener: () => void) {
      listeners.add(listener);
      return this as never;
    },
    off(_event: string | symbol, listener: () => void) {
      listeners.delete(listener);
      return this as never;
    },
  };
  return { call, end: () => listeners.forEach((it) => it()) };
}

/** How the context of a call ends that is cancelled with so many milliseconds left. */
function endWith(leftMs: number): string | undefined {
  const { call, end } = callWith(leftMs);
  let cause: RuntimeError | undefined;
  using context = contextOf(call);
  using _listener = context.onCancel((why) => cause = why);
  end();
  return cause?.code;
}

Deno.test("contextOf() tells a deadline that has passed from a client that gives up", () => {
  assertEquals(endWith(-1), "DEADLINE_EXCEEDED");
  assertEquals(endWith(60_000), "CANCELLED");
  assertEquals(endWith(Infinity), "CANCELLED");
});

Deno.test("contextOf() takes a cancellation just before the deadline for the client's own deadline", () => {
  assertEquals(endWith(20), "DEADLINE_EXCEEDED");
});

Deno.test("contextOf() takes the end of a call that was answered for no cancellation", () => {
  const { call, end } = callWith(60_000);
  const context = contextOf(call);
  context[Symbol.dispose]();
  end();
  assertEquals(context.cause, undefined);
});
