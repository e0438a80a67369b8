import type { Outcome } from "../simulation.ts";

/** A part of a run did not come to its end. */
export class NotDone extends Error {
  override readonly name = "NotDone";

  constructor(
    /** How it ended instead; "liveness" where nothing went wrong any more and the schedule was fair. */
    readonly kind: Exclude<Outcome["kind"], "done"> | "liveness",
    message: string,
  ) {
    super(message);
  }
}
