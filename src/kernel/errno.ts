/**
 * The errors of Linux that the core tells apart (man 3 errno). Adapters pass on others as they are
 * named by the kernel; the core treats those as "refused, reason in the text".
 */
export type Errno =
  | "EACCES"
  | "EAGAIN"
  | "EBUSY"
  | "ECHILD"
  | "EEXIST"
  | "EFBIG"
  | "EINTR"
  | "EINVAL"
  | "EIO"
  | "EISDIR"
  | "ELOOP"
  | "EMFILE"
  | "ENOENT"
  | "ENOSPC"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "ENXIO"
  | "EPERM"
  | "EPIPE"
  | "EROFS"
  | "ESRCH"
  | "ETIMEDOUT"
  | "EXDEV"
  | (string & Record<never, never>);

/** Linux refused. Keeps the verb, the errno, what it was about, and what a program printed. */
export class KernelError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "KernelError";

  /** A refusal; `detail` is what a program printed, or the kernel's own words. */
  constructor(
    /** What was asked for: a verb of a port or the name of a system call ("mount", "openat"). */
    readonly verb: string,
    /** Why not. */
    readonly errno: Errno,
    /** What it was about: a path, a pid, a command line. */
    readonly subject: string,
    options?: ErrorOptions & { readonly detail?: string },
  ) {
    super(refusalText(verb, errno, subject, options?.detail), options);
  }
}

/** @internal The message of a {@linkcode KernelError}. */
export function refusalText(verb: string, errno: Errno, subject: string, detail?: string): string {
  return `${verb} ${JSON.stringify(subject)}: ${errno}${detail === undefined ? "" : `: ${detail}`}`;
}

/**
 * True when `error` is Linux refusing with one of `errnos`.
 *
 * @example
 * ```ts
 * import { hasErrno, KernelError } from "@slipway/slipway";
 * import { assert, assertFalse } from "@std/assert";
 *
 * const error = new KernelError("readFile", "ENOENT", "/etc/cni/net.d");
 * assert(hasErrno(error, "ENOENT", "ENOTDIR"));
 * assertFalse(hasErrno(new Error("ENOENT"), "ENOENT"));
 * ```
 */
export function hasErrno(error: unknown, ...errnos: readonly Errno[]): error is KernelError {
  return error instanceof KernelError && errnos.includes(error.errno);
}

/** Awaits `call`; one of `errnos` counts as done. For steps that a retry or a restart completes. */
export async function tolerate(call: Promise<unknown>, ...errnos: readonly Errno[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasErrno(error, ...errnos)) throw error;
  }
}
