import { assertEquals } from "@std/assert";
import { contextOf, type ServerCall } from "../../../src/cri/call.ts";
import type { RuntimeError } from "../../../src/errors.ts";

/** How the context of a call ends that is cancelled with so many milliseconds left, or no deadline. */
function endWith(leftMs: number): string | undefined {
  let end: () => void = () => {};
  const call: ServerCall = {
    cancelled: false,
    getDeadline: () => Date.now() + leftMs,
    once(_event: string | symbol, listener: () => void) {
      end = listener;
      return this as never;
    },
  };
  let cause: RuntimeError | undefined;
  using _listener = contextOf(call).onCancel((why) => cause = why);
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
