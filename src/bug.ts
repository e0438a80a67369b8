import { RuntimeError } from "./errors.ts";
import { KernelError } from "./kernel/errno.ts";

/**
 * True for a mistake of ours: neither the caller nor Linux refused, so something that was relied on is
 * not so. Nobody may go on after it.
 */
export function isBug(error: unknown): boolean {
  if (error instanceof SuppressedError) return isBug(error.error) || isBug(error.suppressed);
  return !(error instanceof RuntimeError || error instanceof KernelError);
}
