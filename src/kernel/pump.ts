import type { Context } from "./context.ts";
import type { ByteSink, ByteSource } from "./streams.ts";

/**
 * Passes on what somebody writes to who reads it, as fast as both are, to the end, which is passed on too.
 *
 * @throws {RuntimeError} the context's cause; {KernelError} EPIPE when nobody reads any more.
 */
export async function pump(from: ByteSource, to: ByteSink, context: Context): Promise<void> {
  while (true) {
    const bytes = await from.read(context);
    if (bytes === undefined) return to.end();
    await to.write(bytes, context);
  }
}
