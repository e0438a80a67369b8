import { messageOf, RuntimeError } from "../../../src/errors.ts";
import type { Call, Checker } from "./checker.ts";
import { hold } from "./violation.ts";

const GIVEN_UP: ReadonlySet<string> = new Set(["CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"]);

/** Calls that ask something of a container. */
const ASKS: ReadonlySet<Call["kind"]> = new Set([
  "Attach",
  "Exec",
  "ExecSync",
  "ReopenContainerLog",
  "UpdateContainerResources",
]);

/**
 * I11: where nothing fails, a stop and a removal succeed unless their client gives up, and who asks
 * something of a container that cannot do it is told so, instead of what Linux says.
 */
export class Retries implements Checker {
  refused({ kind, id }: Call, error: unknown): void {
    if (ASKS.has(kind)) {
      const words = () => `${kind} ${id.slice(0, 8)} was refused by Linux: ${messageOf(error)}`;
      return hold(error instanceof RuntimeError, "I11", words);
    }
    if (!kind.startsWith("Stop") && !kind.startsWith("Remove")) return;
    const isGivenUp = error instanceof RuntimeError && GIVEN_UP.has(error.code);
    hold(isGivenUp, "I11", () => `${kind} ${id.slice(0, 8)} failed: ${messageOf(error)}`);
  }
}
