import type { Duplex } from "node:stream";

import { RuntimeError } from "../../../errors.ts";
import type { Clock } from "../../../kernel/clock.ts";
import type { Context } from "../../../kernel/context.ts";
import { hangUp } from "../hang_up.ts";
import { Outlet } from "../outlet.ts";
import { probing } from "../probe.ts";
import {
  encodeFrame,
  type Frame,
  FrameReader,
  GO_AWAY,
  type HeaderFrame,
  RESET,
} from "./frames.ts";
import { HeaderReader, HeaderWriter } from "./header_block.ts";
import { ProtocolError } from "./protocol_error.ts";
import { SpdyStream, type StreamSession } from "./stream.ts";

/** At the same time. A forwarded connection has two. */
const streamsMax = 1024;

/** What a {@linkcode SpdySession} is made of. */
export interface SpdyOptions {
  /** Both directions of a connection that SPDY is agreed on for. */
  readonly wire: Duplex;
  /** The session cancels it when the client goes away or makes no sense. */
  readonly context: Context;
  readonly clock: Clock;
  /** Whether a stream that the client has opened is taken; it hears so at once. Must not throw. */
  readonly onStream: (stream: SpdyStream) => boolean;
}

/**
 * The server's side of SPDY/3.1 as Kubernetes' clients speak it (github.com/moby/spdystream): it is the
 * client that opens streams, and nobody counts windows. A stream that nobody reads holds up all others,
 * as a client that keeps to no window can only be slowed down as a whole.
 */
export class SpdySession implements StreamSession {
  readonly #options: SpdyOptions;
  readonly #outlet: Outlet;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  readonly #reading: Promise<void>;
  #lastStreamId = 0;
  #pingId = 0;
  #isClosing = false;

  /** Begins to read at once. Whoever makes a session closes it. */
  constructor(options: SpdyOptions) {
    this.#options = options;
    this.#outlet = new Outlet(options.wire);
    // Whatever breaks the wire ends the reading.
    options.wire.on("error", () => {});
    this.#reading = this.#read();
  }

  /** @inheritdoc */
  send(frame: Frame): void {
    if (this.#outlet.isOpen) this.#options.wire.write(encodeFrame(frame));
  }

  /** @inheritdoc */
  async room(context: Context): Promise<void> {
    await this.#outlet.room(context);
  }

  /** @inheritdoc */
  forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    stream.context[Symbol.dispose]();
  }

  /**
   * Ends all streams and the session, and resolves once the connection is closed: when the client has all
   * of it and closes, or when `context` ends.
   */
  async close(context: Context): Promise<void> {
    this.#isClosing = true;
    for (const stream of this.#streams.values()) {
      stream.inbox.discard();
      stream.end();
    }
    this.#goAway(GO_AWAY.ok);
    await hangUp(this.#options.wire, this.#options.clock, context);
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { wire, context } = this.#options;
    const frames = new FrameReader();
    let cause = new RuntimeError("CANCELLED", "the client has gone away");
    try {
      // Output may be on its way still when the client has no more input.
      for await (const chunk of wire.iterator({ destroyOnReturn: false })) {
        for (const frame of frames.frames(chunk)) await this.#receive(frame);
      }
    } catch (error) {
      if (error instanceof ProtocolError) {
        cause = new RuntimeError("CANCELLED", `the client does not speak SPDY: ${error.message}`);
        this.#goAway(GO_AWAY.protocolError);
      }
    }
    context.cancel(cause);
    for (const stream of [...this.#streams.values()]) stream.abandon(context.cause ?? cause);
    this.#headerReader[Symbol.dispose]();
    // Whatever comes now is nothing to anybody, but its end is.
    wire.resume();
  }

  async #receive(frame: Frame): Promise<void> {
    switch (frame.type) {
      case "synStream":
        return await this.#open(frame);
      case "headers":
      case "synReply":
        // Nobody asks for them, but they are part of what the next headers build on.
        return void await this.#headerReader.read(frame.block);
      case "data":
        return await this.#deliver(frame.streamId, frame.bytes, frame.isFin);
      case "rstStream": {
        const cause = new RuntimeError("CANCELLED", "the client has reset the stream");
        return this.#streams.get(frame.streamId)?.abandon(cause);
      }
      case "ping":
        return await this.#answer(frame);
      case "goAway":
        return this.#options.context.cancel(new RuntimeError("CANCELLED", "the client has left"));
      case "settings":
      case "windowUpdate":
        return;
    }
  }

  async #open({ streamId, block, isFin }: HeaderFrame): Promise<void> {
    const headers = await this.#headerReader.read(block);
    if (streamId % 2 === 0 || streamId <= this.#lastStreamId) {
      throw new ProtocolError("a stream's id is not the client's next");
    }
    this.#lastStreamId = streamId;
    const stream = new SpdyStream(this, streamId, headers, this.#options.context);
    const isTaken = !this.#isClosing && this.#streams.size < streamsMax &&
      this.#options.onStream(stream);
    if (!isTaken) {
      stream.context[Symbol.dispose]();
      return await this.#answer({ type: "rstStream", streamId, status: RESET.refusedStream });
    }
    this.#streams.set(streamId, stream);
    if (isFin) stream.endInput();
    // Before whatever `onStream` leads to, since that takes a turn at least: clients drop what comes earlier.
    const reply = this.#headerWriter.write(new Map());
    await this.#answer({ type: "synReply", streamId, isFin: false, block: reply });
  }

  async #deliver(streamId: number, bytes: Uint8Array, isFin: boolean): Promise<void> {
    if (streamId > this.#lastStreamId) throw new ProtocolError("the stream was never opened");
    const stream = this.#streams.get(streamId);
    // It may have been over before the client heard of it.
    if (stream === undefined) return;
    const { inbox } = stream;
    inbox.push(bytes);
    if (isFin) stream.endInput();
    if (!inbox.isFull) return;
    using _probe = probing(this.#options.clock, () => this.#ping());
    await inbox.room(this.#options.context);
  }

  /** A client that asks and does not listen is not asked to go on. */
  async #answer(frame: Frame): Promise<void> {
    // Its own pings have even ids; those are answers.
    if (frame.type === "ping" && frame.id % 2 === 0) return;
    this.send(frame);
    await this.#outlet.room(this.#options.context);
  }

  #ping(): void {
    if (this.#options.wire.writableNeedDrain) return;
    this.#pingId += 2;
    this.send({ type: "ping", id: this.#pingId });
  }

  #goAway(status: number): void {
    this.send({ type: "goAway", lastStreamId: this.#lastStreamId, status });
  }
}
