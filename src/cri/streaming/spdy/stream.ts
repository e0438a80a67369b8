import { RuntimeError } from "../../../errors.ts";
import type { Context } from "../../../kernel/context.ts";
import { KernelError } from "../../../kernel/errno.ts";
import type { ByteSink, ByteSource } from "../../../kernel/streams.ts";
import { Inbox } from "../inbox.ts";
import { type Frame, RESET } from "./frames.ts";
import type { Headers } from "./header_block.ts";

/** Streams take turns after as much: one that has a lot to say holds up nobody. */
const frameBytesMax = 32 * 1024;

const NOTHING = new Uint8Array(0);

/** What a stream needs of its session. */
export interface StreamSession {
  /** Sends a frame after all before it; when the client has gone it is lost. */
  send(frame: Frame): void;
  /** Resolves once there is room for more. @throws as {@linkcode Outlet.room} */
  room(context: Context): Promise<void>;
  /** Both directions of the stream are over. */
  forget(stream: SpdyStream): void;
}

/** A stream that a client has opened: bytes both ways, each with an end of its own. */
export class SpdyStream implements ByteSource, ByteSink {
  readonly id: number;
  readonly headers: Headers;
  /** Ends with the session, and when the client takes the stream back. */
  readonly context: Context & Disposable;
  readonly #session: StreamSession;
  readonly #inbox = new Inbox();
  #hasEnded = false;

  constructor(session: StreamSession, id: number, headers: Headers, context: Context) {
    this.#session = session;
    this.id = id;
    this.headers = headers;
    this.context = context.child();
  }

  /** What the client sent and nobody has read. */
  get inbox(): Inbox {
    return this.#inbox;
  }

  /** Whether neither side will send any more. */
  get isOver(): boolean {
    return this.#hasEnded && this.#inbox.hasEnded;
  }

  /** @inheritdoc */
  async read(context: Context): Promise<Uint8Array | undefined> {
    return await this.#inbox.read(context);
  }

  /** @inheritdoc */
  async write(bytes: Uint8Array, context: Context): Promise<void> {
    for (let at = 0; at < bytes.length; at += frameBytesMax) {
      await this.#session.room(context);
      if (this.#hasEnded) throw new KernelError("write", "EPIPE", `stream ${this.id}`);
      this.#sendData(bytes.subarray(at, at + frameBytesMax), false);
    }
    // Whoever writes on is to be as slow as the client.
    await this.#session.room(context);
  }

  /** @inheritdoc */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#sendData(NOTHING, true);
    if (this.isOver) this.#session.forget(this);
  }

  /** The client brings no more. */
  endInput(): void {
    this.#inbox.end();
    if (this.isOver) this.#session.forget(this);
  }

  /** Gives the stream up; the client may lose what it has not read. */
  reset(): void {
    if (this.isOver) return;
    this.#session.send({ type: "rstStream", streamId: this.id, status: RESET.cancel });
    this.abandon(new RuntimeError("CANCELLED", `stream ${this.id} was reset`));
  }

  /** It is over in both directions, whatever was under way. */
  abandon(cause: RuntimeError): void {
    this.#hasEnded = true;
    this.#inbox.end(new RuntimeError("UNAVAILABLE", cause.message, { cause }));
    this.context.cancel(cause);
    this.#session.forget(this);
  }

  #sendData(bytes: Uint8Array, isFin: boolean): void {
    this.#session.send({ type: "data", streamId: this.id, isFin, bytes });
  }
}
