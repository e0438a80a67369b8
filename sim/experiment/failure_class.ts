import { KernelError } from "../../src/kernel/errno.ts";
import { RuntimeError } from "../../src/errors.ts";
import { NotDone } from "../lifecycle/not_done.ts";
import { InvariantViolation } from "../lifecycle/oracle/violation.ts";

/**
 * What kind of failure it is, as text that stays the same while schedule and program shrink: the name of
 * the invariant ("I3"), how the run ended instead of being done ("deadlock"), or that a relied-on
 * condition of the code under test did not hold, and which.
 */
export function failureClassOf(failure: unknown): string {
  if (failure instanceof InvariantViolation) return failure.invariant;
  if (failure instanceof NotDone) return failure.kind;
  if (failure instanceof SuppressedError) return failureClassOf(failure.suppressed);
  const message = failure instanceof Error ? failure.message : String(failure);
  const [line = ""] = message.replaceAll(/[0-9a-f]{8,}|\d+/g, "…").split("\n");
  const isRefusal = failure instanceof RuntimeError || failure instanceof KernelError;
  return `${isRefusal ? "refused" : "bug"}: ${line}`;
}
