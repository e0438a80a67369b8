import { RuntimeError } from "../../errors.ts";

/** A refusal of what a client sent. */
export function invalid(what: string, why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", `${what}: ${why}`);
}

/** Part of what an object is called: kubelet and crictl take an answer without it for broken. */
export function nameFrom(part: string, value: string): string {
  if (value === "") throw invalid("metadata", `${part} must not be empty`);
  return value;
}

/**
 * An int64 as a number.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when it is out of bounds, or no number is exactly it.
 */
export function integer(
  what: string,
  value: bigint | number,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= min && number <= max) return number;
  throw invalid(what, `${value} is out of range`);
}

/**
 * A count of bytes of which clients send the largest there is for "no limit": what no number is
 * exactly becomes the largest that one is.
 */
export function byteLimit(value: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > most ? most : value < -1n ? -1n : value);
}

/** A hundred years from now microseconds since 1970 are still exact (kernel/clock.ts). */
const TIMEOUT_SECONDS_MAX = 100n * 365n * 86_400n;

/**
 * CRI's timeouts are seconds, and any below zero is none. Clients send the largest int64 for one that
 * never ends: a hundred years are as long.
 */
export function milliseconds(seconds: bigint): number {
  return Number(seconds < 0n ? 0n : seconds > TIMEOUT_SECONDS_MAX ? TIMEOUT_SECONDS_MAX : seconds) *
    1_000;
}

/**
 * The name of an enum's value. Enums are open on the wire: a later client may send what this version
 * does not know.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a number without a name.
 */
export function enumName<Name extends string>(
  what: string,
  names: Readonly<Record<Name, number>>,
  value: number,
): Name {
  const name = (names as Readonly<Record<number, unknown>>)[value];
  if (typeof name === "string") return name as Name;
  throw invalid(what, `unknown value ${value}`);
}

/**
 * Text for the kernel, where a zero ends it.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT.
 */
export function plainText(what: string, text: string): string {
  if (text.includes("\0")) throw invalid(what, `${JSON.stringify(text)} contains a zero byte`);
  return text;
}

/** CRI's times are nanoseconds since 1970 in an int64, the core's microseconds. */
export function nanos(micros: number): bigint {
  return BigInt(micros) * 1_000n;
}
