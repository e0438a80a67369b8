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
  override readonly name = "KernelError";

  constructor(
    readonly verb: string,
    readonly errno: Errno,
    readonly subject: string,
    options?: ErrorOptions & { readonly detail?: string },
  ) {
    const detail = options?.detail === undefined ? "" : `: ${options.detail}`;
    super(`${verb} ${JSON.stringify(subject)}: ${errno}${detail}`, options);
  }
}

/** True when `error` is Linux refusing with one of `errnos`. */
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
