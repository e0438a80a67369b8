/** What the program's exit code says. */
export const EXIT = {
  ok: 0,
  /** What was asked for could not be done. */
  failure: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** A simulated run broke an invariant. */
  invariant: 10,
  /** A simulated run came to a point from which nobody can go on. */
  deadlock: 11,
  /** A simulated run waited for something outside of the simulation. */
  escaped: 12,
  /** A simulated run did not come to an end. */
  livelock: 13,
  /** The same simulated run went two ways, or not the way that was recorded. */
  divergence: 14,
  /** A bug of ours was found out; the log has it (sysexits.h, EX_SOFTWARE). */
  bug: 70,
} as const;

/** For the end of every help text. */
export const EXIT_CODES_HELP = `
Exit codes:
  0   done
  1   it failed, and the last line says why
  2   the command line is wrong
  70  a bug in slipway, with its trace in the log`;

/** For the help texts of commands that run simulations. */
export const SIM_EXIT_CODES_HELP = `
Exit codes of simulated runs that failed:
  10  an invariant broke
  11  deadlock: nobody can go on
  12  escaped: it waits for something outside of the simulation
  13  livelock: it does not come to an end
  14  divergence: the same run went two ways
  70  an assertion of the core failed`;

/** What the exit code says of a class of failures of a simulated run. */
export function exitCodeOfClass(failureClass: string): number {
  if (failureClass.startsWith("bug")) return EXIT.bug;
  switch (failureClass.split(" ").at(-1)) {
    case "deadlock":
      return EXIT.deadlock;
    case "escaped":
      return EXIT.escaped;
    case "stepsMax":
    case "liveness":
      return EXIT.livelock;
    default:
      return EXIT.invariant;
  }
}

/** Ends a command: its message is for people, its code for scripts. */
export class ExitError extends Error {
  override readonly name = "ExitError";

  constructor(readonly exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A refusal of the command line. */
export function usageError(message: string): ExitError {
  return new ExitError(EXIT.usage, message);
}

/** A refusal by the world. */
export function failure(message: string, cause?: unknown): ExitError {
  return new ExitError(EXIT.failure, message, cause === undefined ? {} : { cause });
}
