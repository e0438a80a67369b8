import { Buffer } from "node:buffer";
import type { WebSocket } from "ws";

import { RuntimeError } from "../../../errors.ts";
import type { Context } from "../../../kernel/context.ts";
import { KernelError } from "../../../kernel/errno.ts";
import type { ByteSink } from "../../../kernel/streams.ts";
import { Inbox } from "../inbox.ts";
import { Outlet } from "../outlet.ts";
import { probing } from "../probe.ts";
import type { Visit } from "../visit.ts";

/** A message with it and a channel's number says that the channel brings no more. */
const END = 255;

/** The first digit, of channel 0 in text. */
const DIGIT = 0x30;

/** A message of output is not much longer, so that channels take turns. */
const messageBytesMax = 32 * 1024;

/** What {@linkcode Channels} are made of. */
export interface ChannelOptions {
  readonly socket: WebSocket;
  readonly visit: Visit;
  /** What is kept of the client's messages, by channel; others are thrown away. */
  readonly inboxes: ReadonlyMap<number, Inbox>;
  /** Whether the client can end a channel. */
  readonly hasEnds: boolean;
  /** Whether messages are text: a digit for the channel, and bytes in base64. */
  readonly isText: boolean;
}

/** Streams over a WebSocket: the first byte of each message is the number of its channel. */
export class Channels {
  readonly #options: ChannelOptions;
  readonly #outlet: Outlet;
  readonly #closed = Promise.withResolvers<void>();
  #unsent = 0;
  #sent = Promise.withResolvers<void>();
  #slowing: Promise<void> | undefined;

  /** Begins to read at once. Whoever makes them closes them. */
  constructor(options: ChannelOptions) {
    const { socket, visit } = options;
    this.#options = options;
    this.#outlet = new Outlet(visit.socket);
    socket.on("message", (data: Buffer) => this.#receive(data));
    socket.on("error", (error) => this.#leave(`the client speaks no WebSocket: ${error.message}`));
    socket.on("close", () => {
      this.#leave("the client has gone away");
      this.#closed.resolve();
      this.#sent.resolve();
    });
  }

  /** Where a channel's output goes. Its end is not told: clients know none but the connection's. */
  sink(channel: number): ByteSink {
    let hasEnded = false;
    return {
      write: async (bytes, context) => {
        for (let at = 0; at < bytes.length; at += messageBytesMax) {
          await this.#outlet.room(context);
          if (hasEnded) throw new KernelError("write", "EPIPE", `channel ${channel}`);
          this.send(channel, bytes.subarray(at, at + messageBytesMax));
        }
        // Whoever writes on is to be as slow as the client.
        await this.#outlet.room(context);
      },
      end: () => hasEnded = true,
    };
  }

  /** Sends a message after all before it; when the client has gone it is lost. */
  send(channel: number, bytes: Uint8Array): void {
    const { socket, isText } = this.#options;
    if (socket.readyState !== socket.OPEN) return;
    this.#unsent++;
    const message = isText
      ? String.fromCharCode(DIGIT + channel) + bytes.toBase64()
      : Buffer.concat([Buffer.of(channel), bytes]);
    socket.send(message, () => {
      this.#unsent--;
      if (this.#unsent > 0) return;
      this.#sent.resolve();
      this.#sent = Promise.withResolvers();
    });
  }

  /**
   * Ends the connection, and resolves once it is closed: when the client has all of it and closes, or
   * when `context` ends.
   */
  async close(context: Context): Promise<void> {
    const { socket, inboxes } = this.#options;
    for (const inbox of inboxes.values()) inbox.discard();
    using _cancelled = context.onCancel(() => socket.terminate());
    // What it waits for after a close is bounded (ws, closeTimeout), and a slow reader is not to be cut off.
    if (this.#unsent > 0) await this.#sent.promise;
    socket.close(1000);
    await this.#closed.promise;
    await this.#slowing;
  }

  #receive(message: Buffer): void {
    const { inboxes, hasEnds, isText } = this.#options;
    const [channel, target] = message;
    if (channel === undefined) return;
    if (channel === END && hasEnds) {
      if (message.length === 2 && target !== undefined) inboxes.get(target)?.end();
      return;
    }
    const inbox = inboxes.get(isText ? channel - DIGIT : channel);
    if (inbox === undefined) return;
    const bytes = message.subarray(1);
    inbox.push(isText ? Buffer.from(bytes.toString("latin1"), "base64") : bytes);
    if (inbox.isFull) this.#slowing ??= this.#slowDown();
  }

  /** Reads no more until all that came has room. */
  async #slowDown(): Promise<void> {
    const { socket, visit, inboxes } = this.#options;
    socket.pause();
    try {
      using _probe = probing(visit.clock, () => this.#ping());
      for (const inbox of inboxes.values()) await inbox.room(visit.context);
    } catch {
      // Nobody reads any more.
      for (const inbox of inboxes.values()) inbox.discard();
    }
    this.#slowing = undefined;
    socket.resume();
  }

  #ping(): void {
    const { socket, visit } = this.#options;
    if (socket.readyState === socket.OPEN && !visit.socket.writableNeedDrain) socket.ping();
  }

  #leave(reason: string): void {
    const cause = new RuntimeError("CANCELLED", reason);
    this.#options.visit.context.cancel(cause);
    const gone = new RuntimeError("UNAVAILABLE", reason);
    for (const inbox of this.#options.inboxes.values()) inbox.end(gone);
  }
}
