import { type Errno, KernelError, refusalText } from "../../src/kernel/errno.ts";

/**
 * Linux refuses: thrown by the world, named by the verb that was called.
 *
 * It is not constructed, since V8 walks the stack for every Error that is, whatever
 * Error.stackTraceLimit says. That takes longer than most calls, and shows nothing but the simulator.
 */
export function refuse(verb: string, errno: Errno, subject: string, detail?: string): never {
  const error: { -readonly [Field in keyof KernelError]: KernelError[Field] } = Object.create(
    KernelError.prototype,
  );
  error.name = "KernelError";
  error.message = refusalText(verb, errno, subject, detail);
  error.verb = verb;
  error.errno = errno;
  error.subject = subject;
  throw error;
}
