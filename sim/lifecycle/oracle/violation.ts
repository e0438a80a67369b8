/** What must always hold of a lifecycle, by its name in RACES.md. */
export const INVARIANTS = {
  I1: "single start",
  I2: "the state is the truth",
  I3: "after a stop",
  I4: "after a removal",
  I5: "after a sandbox's stop",
  I6: "after a sandbox's removal",
  I7: "a name, an object",
  I8: "never back",
  I9: "the kernel's exit code",
  I10: "events in order",
  I11: "tries are bounded",
  I12: "nothing is left",
  I13: "nobody waits for a stranger",
  I14: "signals when they are due",
  I15: "signals to whom they are meant",
  I16: "the log is whole",
  I17: "a failed start leaves nothing",
  I20: "the truth about memory",
  I21: "no exec without its init",
  I22: "a container keeps its layers",
  I23: "plugins are asked and told",
  I24: "an end in order",
  I25: "statistics of what is there",
  I26: "what a program says is heard",
  I27: "ports reached, and let go",
  register: "a linearizable status",
} as const;

/** The name of an invariant. I18 and I19 are the others, under cancels and crashes. */
export type Invariant = keyof typeof INVARIANTS;

/** An invariant of the lifecycle was broken: the run has found a bug. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";

  /** @param invariant the class of the failure, which stays the same while it is shrunk */
  constructor(readonly invariant: Invariant, message: string) {
    super(`${invariant} ${INVARIANTS[invariant]}: ${message}`);
  }
}

/** Raises an {@linkcode InvariantViolation} unless `holds`. */
export function hold(
  holds: boolean,
  invariant: Invariant,
  message: () => string,
): asserts holds {
  if (!holds) throw new InvariantViolation(invariant, message());
}

/** An id as messages show it. */
export function short(id: string): string {
  return id.slice(0, 8);
}
