import { assertEquals } from "@std/assert";

import {
  byteLimit,
  enumName,
  integer,
  milliseconds,
  nanos,
  plainText,
} from "../../../../src/cri/codec/values.ts";
import { NamespaceMode } from "../../../../src/cri/gen/v1_pb.ts";
import { assertRefused } from "./refused.ts";

const most = Number.MAX_SAFE_INTEGER;

Deno.test("integer() takes what a number is exactly", () => {
  assertEquals([integer("a", 7n), integer("a", -7n), integer("a", BigInt(most))], [7, -7, most]);
});

Deno.test("integer() refuses what a number is not exactly, and what is out of bounds", () => {
  assertRefused(() => integer("a", 2n ** 63n - 1n), "INVALID_ARGUMENT", "a: 9223372036854775807");
  assertRefused(() => integer("a", -1n, 0), "INVALID_ARGUMENT", "out of range");
  assertRefused(() => integer("a", 11n, 0, 10), "INVALID_ARGUMENT", "out of range");
});

Deno.test("byteLimit() takes the largest int64 for the largest number", () => {
  assertEquals([byteLimit(2n ** 63n - 1n), byteLimit(1n << 30n)], [most, 2 ** 30]);
  assertEquals([byteLimit(-1n), byteLimit(-(2n ** 63n))], [-1, -1]);
});

Deno.test("milliseconds() takes seconds, and less than none for none", () => {
  assertEquals([milliseconds(30n), milliseconds(0n), milliseconds(-1n)], [30_000, 0, 0]);
  assertEquals(milliseconds(-(2n ** 63n)), 0);
});

Deno.test("milliseconds() takes the largest int64 for a time that nobody sees end", () => {
  const longest = milliseconds(2n ** 63n - 1n);
  const micros = Date.now() * 1_000 + longest * 1_000;
  assertEquals([longest > 50 * 365 * 86_400_000, Number.isSafeInteger(micros)], [true, true]);
  assertEquals(milliseconds(BigInt(most)), longest);
});

Deno.test("enumName() names a value, and refuses one of a later version", () => {
  assertEquals(enumName("mode", NamespaceMode, 2), "NODE");
  assertRefused(
    () => enumName("mode", NamespaceMode, 9),
    "INVALID_ARGUMENT",
    "mode: unknown value 9",
  );
  assertRefused(() => enumName("mode", NamespaceMode, -1), "INVALID_ARGUMENT", "-1");
});

Deno.test("plainText() refuses a zero byte, which would end the text for Linux", () => {
  assertEquals(plainText("a", "text"), "text");
  assertRefused(() => plainText("a", "te\0xt"), "INVALID_ARGUMENT", "zero byte");
});

Deno.test("nanos() is exact", () => {
  assertEquals(nanos(1_795_448_449_862_258), 1_795_448_449_862_258_000n);
});
