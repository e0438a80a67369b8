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
