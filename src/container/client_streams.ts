import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { ByteSink, ByteSource, TerminalSizes } from "../kernel/streams.ts";

/** What a client has connected to a command or to a container; undefined is not wanted. */
export interface ClientStreams {
  /** What it says; its end is passed on. */
  readonly stdin: ByteSource | undefined;
  /** Where it hears what is printed. */
  readonly stdout: ByteSink | undefined;
  /** Undefined with a terminal, which has one output. */
  readonly stderr: ByteSink | undefined;
  /** Of a client that has a terminal. */
  readonly sizes: TerminalSizes | undefined;
}

/**
 * Gives a client what was printed.
 *
 * @throws {RuntimeError} the context's cause; CANCELLED when it takes nothing any more.
 */
export async function give(sink: ByteSink, bytes: Uint8Array, context: Context): Promise<void> {
  try {
    await sink.write(bytes, context);
  } catch (cause) {
    if (cause instanceof RuntimeError) throw cause;
    throw new RuntimeError("CANCELLED", "the client takes no output any more", { cause });
  }
}
