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
 * @example Errors of the runtime as those of an HTTP service
 * ```ts
 * import { hasErrno, KernelError, RuntimeError } from "@slipway/slipway";
 * import { assertEquals } from "@std/assert";
 *
 * function httpStatusOf(error: unknown): number {
 *   if (error instanceof RuntimeError) {
 *     switch (error.code) {
 *       case "NOT_FOUND":
 *         return 404;
 *       case "INVALID_ARGUMENT":
 *         return 400;
 *       case "FAILED_PRECONDITION":
 *       case "ALREADY_EXISTS":
 *         return 409;
 *       case "UNAVAILABLE":
 *         return 503;
 *       default:
 *         return 500;
 *     }
 *   }
 *   if (hasErrno(error, "ENOSPC")) return 507;
 *   if (error instanceof KernelError) return 502;
 *   throw error; // Not a refusal but a mistake: of the runtime, or of its user.
 * }
 *
 * const refusal = new RuntimeError("NOT_FOUND", 'Cannot start container "a1b2": not found');
 * assertEquals(httpStatusOf(refusal), 404);
 * assertEquals(httpStatusOf(new KernelError("writeFile", "ENOSPC", "/var/lib/slipway")), 507);
 * ```
 */
export class RuntimeError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "RuntimeError";

  /** An error with a code for programs and a message for people. */
  constructor(
    /** What programs decide by; the edge answers a call with it. */
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whatever was thrown, as text for a status message or a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
