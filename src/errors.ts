/**
 * What the runtime tells a caller who asked for what cannot be done. The code is the gRPC meaning;
 * the edge maps it one to one (https://grpc.io/docs/guides/status-codes/).
 */
export type ErrorCode =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE";

/**
 * The caller's mistake, or the world's: action, id, state found, no full stop.
 *
 * @example
 * ```ts
 * import { RuntimeError } from "./mod.ts";
 *
 * const error = new RuntimeError("NOT_FOUND", 'Cannot start container "a1b2": no such container');
 * console.assert(error.code === "NOT_FOUND");
 * ```
 */
export class RuntimeError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "RuntimeError";

  /** An error with a code for programs and a message for people. */
  constructor(readonly code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Whatever was thrown, as text for a status message or a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for the one error that idempotent operations take for success. */
export function isNotFound(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === "NOT_FOUND";
}
