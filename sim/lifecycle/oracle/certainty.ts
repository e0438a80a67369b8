import type { ContainerView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import { hold, short } from "./violation.ts";

/**
 * I2: where nothing went wrong but that the daemon was killed, there is nothing that it could not find out:
 * nobody sees UNKNOWN.
 */
export class Certainty implements Checker {
  changed({ id, status }: ContainerView): void {
    hold(
      status.state !== "UNKNOWN",
      "I2",
      () => `container ${short(id)} is UNKNOWN: ${status.message}`,
    );
  }
}
