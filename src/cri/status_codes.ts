import { type StatusObject } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";

import { type ErrorCode, messageOf, RuntimeError } from "../errors.ts";
import { hasErrno, KernelError } from "../kernel/errno.ts";

/** The numbers of gRPC's names (https://grpc.io/docs/guides/status-codes/). */
const numbers: Readonly<Record<ErrorCode, status>> = {
  CANCELLED: status.CANCELLED,
  UNKNOWN: status.UNKNOWN,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  INTERNAL: status.INTERNAL,
  UNAVAILABLE: status.UNAVAILABLE,
};

/** Details travel in an HTTP/2 header, percent-encoded, and clients bound the size of those. */
const detailsCharsMax = 4096;

/** What a client is told of `error`. */
export function statusOf(error: unknown): Pick<StatusObject, "code" | "details"> {
  const original = originalOf(error);
  const details = messageOf(original);
  return {
    code: codeOf(original),
    details: details.length <= detailsCharsMax
      ? details
      : `${details.slice(0, detailsCharsMax - 1).toWellFormed()}…`,
  };
}

/** Whether nobody can be told off for `error`: it belongs in the log, with everything it carries. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof RuntimeError);
}

/** An undo that failed hides why there was something to undo, which is what the client asked. */
function originalOf(error: unknown): unknown {
  return error instanceof SuppressedError ? originalOf(error.suppressed) : error;
}

function codeOf(error: unknown): status {
  if (error instanceof RuntimeError) return numbers[error.code];
  if (hasErrno(error, "ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM")) {
    return status.RESOURCE_EXHAUSTED;
  }
  return error instanceof KernelError ? status.UNKNOWN : status.INTERNAL;
}
