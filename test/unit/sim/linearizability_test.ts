import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import {
  checkLinearizable,
  type ObservedOperation,
  type SequentialModel,
} from "../../../sim/mod.ts";
import { STATUS_REGISTER } from "../../../sim/lifecycle/status_register.ts";

type Input = { readonly write: number } | "read";
type Operation = ObservedOperation<Input, number>;

/** One number that is written and read. */
const REGISTER: SequentialModel<number, Input, number> = {
  initial: 0,
  next: (state, input, output) => {
    if (input !== "read") return [input.write];
    return output === undefined || output === state ? [state] : [];
  },
  key: String,
};

const write = (value: number, began: number, ended: number): Operation => (
  { input: { write: value }, output: value, began, ended }
);
const lostWrite = (value: number, began: number): Operation => (
  { input: { write: value }, output: undefined, began, ended: Infinity }
);
const read = (value: number, began: number, ended: number): Operation => (
  { input: "read", output: value, began, ended }
);

const isLinearizable = (...operations: readonly Operation[]) =>
  checkLinearizable(REGISTER, operations).isLinearizable;

Deno.test("checkLinearizable() allows what came one after another, and nothing at all", () => {
  assert(isLinearizable());
  assert(isLinearizable(write(1, 1, 2), read(1, 3, 4), write(2, 5, 6), read(2, 7, 8)));
});

Deno.test("checkLinearizable() refuses a read of what was written over before it began", () => {
  assertFalse(isLinearizable(write(1, 1, 2), read(0, 3, 4)));
  assertFalse(isLinearizable(write(1, 1, 2), write(2, 3, 4), read(1, 5, 6)));
});

Deno.test("checkLinearizable() allows either order of what overlaps, but one for all", () => {
  assert(isLinearizable(write(1, 1, 4), read(0, 2, 3)));
  assert(isLinearizable(write(1, 1, 4), read(1, 2, 3)));
  assertFalse(isLinearizable(write(1, 1, 9), read(1, 2, 3), read(0, 4, 5)));
  assertFalse(isLinearizable(
    ...[write(1, 1, 8), write(2, 1, 8)],
    ...[read(1, 2, 3), read(2, 4, 5), read(1, 6, 7)],
  ));
});

Deno.test("checkLinearizable() takes what was never answered for done, not done, or done later", () => {
  assert(isLinearizable(lostWrite(1, 1), read(0, 2, 3)));
  assert(isLinearizable(lostWrite(1, 1), read(1, 2, 3)));
  assert(isLinearizable(lostWrite(1, 1), read(0, 2, 3), read(1, 4, 5)));
  assertFalse(isLinearizable(lostWrite(1, 1), read(1, 2, 3), read(0, 4, 5)));
  assertFalse(isLinearizable(read(1, 1, 2), lostWrite(1, 3)));
});

Deno.test("checkLinearizable() tells the order that it found, or how far it came", () => {
  const [first, second] = [write(1, 1, 4), read(0, 2, 3)];
  const found = checkLinearizable(REGISTER, [first, second]);
  assertEquals(found, { isLinearizable: true, order: [second, first] });
  const wrong = checkLinearizable(REGISTER, [write(1, 1, 2), read(0, 3, 4)]);
  assertEquals(wrong, { isLinearizable: false, prefix: [write(1, 1, 2)] });
});

Deno.test("checkLinearizable() finds the order of every history that has one", () => {
  const steps = fc.array(fc.record({ value: fc.nat(3), isRead: fc.boolean(), slack: fc.nat(5) }), {
    maxLength: 12,
  });
  fc.assert(fc.property(steps, (list) => {
    let value = 0;
    const operations = list.map(({ value: next, isRead, slack }, at): Operation => {
      // Done at 10 × at, called earlier and answered later.
      const [began, ended] = [10 * at - 4 * slack, 10 * at + 4 * slack + 1];
      if (isRead) return read(value, began, ended);
      value = next;
      return write(next, began, ended);
    });
    return isLinearizable(...operations);
  }));
});

Deno.test("STATUS_REGISTER lets a program end by itself, and nobody start it again", () => {
  const now = (input: "start" | "read", output: "ok" | "RUNNING" | "EXITED", at: number) => (
    { input, output, began: at, ended: at }
  );
  const check = (...operations: readonly ReturnType<typeof now>[]) =>
    checkLinearizable(STATUS_REGISTER, operations).isLinearizable;
  assert(check(now("start", "ok", 1), now("read", "RUNNING", 2), now("read", "EXITED", 3)));
  assertFalse(check(now("start", "ok", 1), now("read", "EXITED", 2), now("start", "ok", 3)));
  assertFalse(check(now("start", "ok", 1), now("read", "EXITED", 2), now("read", "RUNNING", 3)));
});
