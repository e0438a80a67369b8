import type { Context } from "./context.ts";

/** Bytes that somebody else writes: a program, a client. One reads at a time. */
export interface ByteSource {
  /**
   * The next bytes, at least one; undefined at the end, and from then on. What is not asked for is not taken,
   * so that a writer is as slow as its reader.
   *
   * @throws {RuntimeError} the context's cause, and nothing is lost; UNAVAILABLE when who writes has gone away.
   */
  read(context: Context): Promise<Uint8Array | undefined>;
}

/** Bytes that somebody else reads. One writes at a time. */
export interface ByteSink {
  /**
   * Resolves when all of them were taken, or wait in a buffer of bounded size.
   *
   * @throws {RuntimeError} the context's cause: some of them may have been taken; {KernelError} EPIPE when
   * nobody reads any more.
   */
  write(bytes: Uint8Array, context: Context): Promise<void>;

  /** Says that this is the end. Idempotent; nothing is written afterwards. */
  end(): void;
}

/**
 * A connected unix socket of type SOCK_SEQPACKET (man 7 unix): a read is one packet, and so is a write. Its end
 * is the end of what the other side sends; `end` says the end of ours, and reading goes on.
 */
export interface PacketSocket extends ByteSource, ByteSink, Disposable {
  /** Closes the socket. */
  [Symbol.dispose](): void;
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  /** How wide it is. */
  readonly columns: number;
  /** How high it is. */
  readonly rows: number;
}

/** The sizes that a client's terminal takes, one after the other. */
export interface TerminalSizes {
  /**
   * The size as it is now, once it is another than the one that was told before; undefined when there will be
   * none any more.
   *
   * @throws {RuntimeError} the context's cause.
   */
  next(context: Context): Promise<TerminalSize | undefined>;
}
