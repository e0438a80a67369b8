import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { constants, createDeflate } from "node:zlib";

import { DICTIONARY } from "../../../../src/cri/streaming/spdy/dictionary.ts";
import { encodeFrame, type Frame, FrameReader } from "../../../../src/cri/streaming/spdy/frames.ts";
import { HeaderReader } from "../../../../src/cri/streaming/spdy/header_block.ts";
import { joined } from "../../../../src/bytes.ts";
import { text } from "./fixture.ts";

/** What a server answers to a request for another protocol. */
export interface Answer {
  readonly status: number;
  /** All of it, up to the empty line. */
  readonly head: string;
  /** What followed in the same breath. */
  readonly rest: Uint8Array;
}

/** Asks for an upgrade, and waits for the answer's head. */
export async function upgrade(
  url: string,
  options: {
    method?: string;
    upgrade?: string;
    protocols?: readonly string[];
    early?: Uint8Array;
  } = {},
): Promise<[socket: Socket, answer: Answer]> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  const lines = [
    `${options.method ?? "POST"} ${pathname} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    `Upgrade: ${options.upgrade ?? "SPDY/3.1"}`,
    ...(options.protocols ?? ["v4.channel.k8s.io"]).map((it) => `X-Stream-Protocol-Version: ${it}`),
  ];
  const request = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  socket.write(joined([request, options.early ?? new Uint8Array(0)]));
  let seen: Uint8Array = new Uint8Array(0);
  for (;;) {
    const [chunk] = await once(socket, "data") as [Uint8Array];
    seen = joined([seen, chunk]);
    const end = Buffer.from(seen).indexOf("\r\n\r\n");
    if (end < 0) continue;
    socket.pause();
    const head = text(seen.subarray(0, end));
    return [socket, { status: Number(head.split(" ")[1]), head, rest: seen.subarray(end + 4) }];
  }
}

/** A stream as its client has it. */
export interface ClientStream {
  readonly id: number;
  /** All that came, once the server has ended the stream, reset it, or gone. */
  readonly all: Promise<Uint8Array>;
  /** Resolves when the server has taken the stream; false when it refused. */
  readonly isTaken: Promise<boolean>;
  /** How much has come so far. */
  readonly received: () => number;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly end: () => void;
  readonly reset: () => void;
}

interface Receiver {
  readonly chunks: Uint8Array[];
  readonly all: PromiseWithResolvers<Uint8Array>;
  readonly isTaken: PromiseWithResolvers<boolean>;
}

/** Kubernetes' side of SPDY/3.1, as moby/spdystream does it: it compresses for real, and counts no windows. */
export class SpdyClient implements AsyncDisposable {
  /** All frames that are not of a stream's data. */
  readonly frames: Frame[] = [];
  /** Resolves when the server has closed. */
  readonly closed: Promise<void>;
  readonly socket: Socket;
  readonly #deflate = createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  readonly #headerReader = new HeaderReader();
  readonly #receivers = new Map<number, Receiver>();
  #nextId = 1;
  #opening: Promise<unknown> = Promise.resolve();
  #hasSeenGoAway = Promise.withResolvers<void>();

  constructor(socket: Socket, rest: Uint8Array) {
    this.socket = socket;
    if (rest.length > 0) socket.unshift(rest);
    this.closed = this.#read();
  }

  /** Comes with a token. */
  static async connect(url: string, ...protocols: string[]): Promise<SpdyClient> {
    const [socket, { status, head, rest }] = await upgrade(url, { protocols });
    if (status !== 101) throw new Error(head);
    return new SpdyClient(socket, rest);
  }

  /** Opens a stream with headers, after those before it: all of them are compressed as one. */
  async open(headers: Readonly<Record<string, string>>): Promise<ClientStream> {
    const opening = this.#opening.then(() => this.#open(headers));
    this.#opening = opening;
    return await opening;
  }

  /** Opens the streams of a command, by their types. */
  async openAll<const T extends string>(...types: T[]): Promise<Record<T, ClientStream>> {
    const streams: Partial<Record<T, ClientStream>> = {};
    for (const type of types) streams[type] = await this.open({ streamtype: type });
    return streams as Record<T, ClientStream>;
  }

  /** Headers, compressed as the next of this connection. */
  async block(headers: Readonly<Record<string, string>>): Promise<Uint8Array> {
    const encoder = new TextEncoder();
    const strings = Object.entries(headers).flat().map((it) => encoder.encode(it));
    const plain = joined([
      uint32(strings.length / 2),
      ...strings.flatMap((it) => [uint32(it.length), it]),
    ]);
    const chunks: Uint8Array[] = [];
    const onData = (chunk: Uint8Array) => void chunks.push(chunk);
    this.#deflate.on("data", onData);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#deflate.write(plain, () => resolve());
    await promise;
    this.#deflate.off("data", onData);
    return joined(chunks);
  }

  /** Sends a frame, whatever it is. */
  send(frame: Frame): void {
    this.socket.write(encodeFrame(frame));
  }

  /** Resolves when the server says that the session is over. */
  get goAway(): Promise<void> {
    return this.#hasSeenGoAway.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  async #open(headers: Readonly<Record<string, string>>): Promise<ClientStream> {
    const id = this.#nextId;
    this.#nextId += 2;
    const receiver: Receiver = {
      chunks: [],
      all: Promise.withResolvers(),
      isTaken: Promise.withResolvers(),
    };
    this.#receivers.set(id, receiver);
    this.send({ type: "synStream", streamId: id, isFin: false, block: await this.block(headers) });
    return {
      id,
      all: receiver.all.promise,
      isTaken: receiver.isTaken.promise,
      received: () => receiver.chunks.reduce((sum, it) => sum + it.length, 0),
      write: (bytes) => this.#write(id, bytes),
      end: () => this.send({ type: "data", streamId: id, isFin: true, bytes: new Uint8Array(0) }),
      reset: () => this.send({ type: "rstStream", streamId: id, status: 5 }),
    };
  }

  async #write(id: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += 32_768) {
      const piece = bytes.subarray(at, at + 32_768);
      this.send({ type: "data", streamId: id, isFin: false, bytes: piece });
      if (!this.socket.writableNeedDrain) continue;
      // Whoever waits for a drain also hears that none will come.
      const { promise, resolve } = Promise.withResolvers<void>();
      this.socket.once("drain", resolve).once("close", resolve);
      await promise;
      this.socket.off("drain", resolve).off("close", resolve);
    }
  }

  async #read(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const chunk of this.socket) {
        for (const frame of reader.frames(chunk)) await this.#receive(frame);
      }
    } catch {
      // The test has hung up.
    }
    for (const { all, chunks, isTaken } of this.#receivers.values()) {
      all.resolve(joined(chunks));
      isTaken.resolve(false);
    }
    this.#hasSeenGoAway.resolve();
    this.#deflate.destroy();
    this.#headerReader[Symbol.dispose]();
  }

  async #receive(frame: Frame): Promise<void> {
    if (frame.type === "data") {
      const receiver = this.#receivers.get(frame.streamId);
      receiver?.chunks.push(frame.bytes);
      if (frame.isFin) receiver?.all.resolve(joined(receiver.chunks));
      return;
    }
    this.frames.push(frame);
    if (frame.type === "synReply") {
      await this.#headerReader.read(frame.block);
      this.#receivers.get(frame.streamId)?.isTaken.resolve(true);
    }
    if (frame.type === "rstStream") {
      const receiver = this.#receivers.get(frame.streamId);
      receiver?.isTaken.resolve(false);
      receiver?.all.resolve(joined(receiver.chunks));
    }
    if (frame.type === "goAway") this.#hasSeenGoAway.resolve();
  }
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
