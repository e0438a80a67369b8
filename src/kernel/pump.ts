import type { Context } from "./context.ts";
import type { ByteSink, ByteSource } from "./streams.ts";

/**
 * Passes on all that comes from a source, and its end. What the sink does not take in time is not read either.
 *
 * @throws what the source or the sink throws: the context's cause, {KernelError} EPIPE. The sink is not ended then.
 */
export async function pump(from: ByteSource, to: ByteSink, context: Context): Promise<void> {
  while (true) {
    const bytes = await from.read(context);
    if (bytes === undefined) return to.end();
    await to.write(bytes, context);
  }
}
