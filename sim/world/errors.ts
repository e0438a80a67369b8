import { type Errno, KernelError } from "../../src/kernel/errno.ts";

/** Linux refuses: thrown by the world, named by the verb that was called. */
export function refuse(verb: string, errno: Errno, subject: string, detail?: string): never {
  throw new KernelError(verb, errno, subject, detail === undefined ? undefined : { detail });
}
