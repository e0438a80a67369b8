import { type Errno, KernelError, refusalText } from "../../src/kernel/errno.ts";

/** Linux refuses: thrown by the world, named by the verb that was called. */
export function refuse(verb: string, errno: Errno, subject: string, detail?: string): never {
  throw refusal(verb, errno, subject, detail);
}

/**
 * What {@linkcode refuse} throws. A call whose refusal is nothing special returns it: V8 composes a
 * report for whatever is thrown, which takes longer than most calls.
 *
 * For the same reason it is not constructed: V8 walks the stack for every Error that is, whatever
 * Error.stackTraceLimit says, and would find nothing but the simulator.
 */
export function refusal(
  verb: string,
  errno: Errno,
  subject: string,
  detail?: string,
): KernelError {
  const error: { -readonly [Field in keyof KernelError]: KernelError[Field] } = Object.create(
    KernelError.prototype,
  );
  error.name = "KernelError";
  error.message = refusalText(verb, errno, subject, detail);
  error.verb = verb;
  error.errno = errno;
  error.subject = subject;
  return error;
}
