import { assertStringIncludes, assertThrows } from "@std/assert";

import { type ErrorCode, RuntimeError } from "../../../../src/errors.ts";

/** Asserts that `decode` refuses with a code and words. */
export function assertRefused(decode: () => unknown, code: ErrorCode, words: string): void {
  const error = assertThrows(decode, RuntimeError);
  assertStringIncludes(`${error.code} ${error.message}`, code);
  assertStringIncludes(error.message, words);
}
