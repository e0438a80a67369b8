import os from "node:os";
import { type Errno, KernelError } from "../src/kernel/errno.ts";

/** Names of errno numbers; where two names share a number, the one that the manual pages use. */
const NAMES = new Map<number, Errno>(
  Object.entries(os.constants.errno).map(([name, number]) => [number, name]),
).set(11, "EAGAIN").set(95, "EOPNOTSUPP");

/** The name of an errno number (man 3 errno). */
export function errnoName(number: number): Errno {
  return NAMES.get(number) ?? `E${number}`;
}

/** Whatever Deno or Node threw, as Linux refusing `verb` on `subject`. */
export function asKernelError(verb: string, subject: string, error: unknown): KernelError {
  if (error instanceof KernelError) return error;
  const errno = errnoOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  return new KernelError(verb, errno ?? "EIO", subject, {
    cause: error,
    ...(errno === undefined ? { detail } : {}),
  });
}

/**
 * What is in a file of the kernel's cannot be read.
 *
 * @throws {KernelError} EINVAL, always.
 */
export function malformed(file: string, what: string): never {
  const detail = `cannot be read: ${JSON.stringify(what.slice(0, 80))}`;
  throw new KernelError("read", "EINVAL", file, { detail });
}

/** Runs `call`; what it throws becomes a `KernelError`. */
export function attempt<T>(verb: string, subject: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asKernelError(verb, subject, error);
  }
}

/** As `attempt`, for a call that takes its time. */
export async function attemptAsync<T>(
  verb: string,
  subject: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asKernelError(verb, subject, error);
  }
}

/** The errno in an error of Deno or Node, by its code or by what its text ends in. */
function errnoOf(error: unknown): Errno | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as Error & { code?: unknown };
  if (typeof code === "string" && /^E[A-Z0-9]+$/.test(code)) return code;
  const number = /\(os error (\d+)\)/.exec(error.message)?.[1];
  return number === undefined ? undefined : errnoName(Number(number));
}
