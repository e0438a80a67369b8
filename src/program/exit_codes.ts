/** What the program's exit code says. */
export const EXIT = {
  ok: 0,
  /** What was asked for could not be done. */
  failure: 1,
  /** The command line makes no sense. */
  usage: 2,
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
