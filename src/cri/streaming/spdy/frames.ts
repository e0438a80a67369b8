import { joined } from "../../../bytes.ts";
import { uint32 } from "./bytes.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Of one control frame without its first eight bytes. Kubernetes' have some hundred. */
const controlBytesMax = 16 * 1024;

const VERSION = 3;

/** Flags of frames with a stream: who sends one brings no more on it. */
const FIN = 0x01;

/** Numbers of control frames (draft-mbelshe-httpbis-spdy-00, section 2.6). */
const CONTROL = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Why a stream is over at once (section 2.6.3). */
export const RESET = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;

/** Why a session is over (section 2.6.6). */
export const GO_AWAY = { ok: 0, protocolError: 1 } as const;

/** A frame of SPDY/3. `block` has headers as {@linkcode HeaderReader} takes them. */
export type Frame =
  | HeaderFrame
  /** Part of a data frame, or all of it: its bytes are passed on as they come. */
  | {
    readonly type: "data";
    readonly streamId: number;
    readonly isFin: boolean;
    readonly bytes: Uint8Array;
  }
  | { readonly type: "rstStream"; readonly streamId: number; readonly status: number }
  /** Its settings are about windows and bandwidths, which nobody of Kubernetes keeps to. */
  | { readonly type: "settings" }
  /** An id of the client is odd. */
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway"; readonly lastStreamId: number; readonly status: number }
  | { readonly type: "windowUpdate"; readonly streamId: number; readonly delta: number };

/** A frame with headers: a stream's first, the answer to it, or more of them. */
export interface HeaderFrame {
  readonly type: "synStream" | "synReply" | "headers";
  readonly streamId: number;
  readonly isFin: boolean;
  readonly block: Uint8Array;
}

/** Bytes of a client as frames, wherever they are cut into chunks. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array(0);
  /** The data frame whose bytes are on their way. */
  #data: { readonly streamId: number; readonly isFin: boolean; left: number } | undefined;

  /**
   * The frames that `chunk` completes. They must be taken to their end before the next chunk.
   *
   * @throws {ProtocolError} when they cannot be of this protocol, or are too long.
   */
  *frames(chunk: Uint8Array): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? chunk : joined([this.#rest, chunk]);
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) yield frame;
  }

  #next(): Frame | undefined {
    for (;;) {
      if (this.#data !== undefined) return this.#dataFrame(this.#data);
      if (this.#rest.length < 8) return undefined;
      const view = new DataView(this.#rest.buffer, this.#rest.byteOffset);
      const [first, second] = [view.getUint32(0), view.getUint32(4)];
      const [flags, length] = [second >>> 24, second & 0xff_ffff];
      if (first >>> 31 === 0) {
        this.#take(8);
        this.#data = { streamId: first, isFin: (flags & FIN) !== 0, left: length };
        continue;
      }
      if (first >>> 16 !== (0x8000 | VERSION)) throw new ProtocolError("this is not SPDY/3");
      if (length > controlBytesMax) throw new ProtocolError("control frame is too long");
      if (this.#rest.length < 8 + length) return undefined;
      this.#take(8);
      const frame = controlFrame(first & 0xffff, flags, this.#take(length));
      if (frame !== undefined) return frame;
    }
  }

  #dataFrame(data: { streamId: number; isFin: boolean; left: number }): Frame | undefined {
    if (this.#rest.length === 0 && data.left > 0) return undefined;
    const bytes = this.#take(Math.min(data.left, this.#rest.length));
    data.left -= bytes.length;
    if (data.left === 0) this.#data = undefined;
    return {
      type: "data",
      streamId: data.streamId,
      isFin: data.isFin && data.left === 0,
      bytes,
    };
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}

/** Undefined for one of a kind that the specification tells to ignore (section 2.2.1). */
function controlFrame(kind: number, flags: number, body: Uint8Array): Frame | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const number = (at: number) => {
    if (at + 4 > body.length) throw new ProtocolError("control frame is too short");
    return view.getUint32(at);
  };
  const streamId = () => number(0) & 0x7fff_ffff;
  const withHeaders = (type: HeaderFrame["type"], at: number): HeaderFrame => {
    if (at > body.length) throw new ProtocolError("control frame is too short");
    const isFin = (flags & FIN) !== 0;
    return { type, streamId: streamId(), isFin, block: body.subarray(at) };
  };
  switch (kind) {
    // Between a stream's id and its headers are its parent, its priority and a slot for certificates.
    case CONTROL.synStream:
      return withHeaders("synStream", 10);
    case CONTROL.synReply:
      return withHeaders("synReply", 4);
    case CONTROL.headers:
      return withHeaders("headers", 4);
    case CONTROL.rstStream:
      return { type: "rstStream", streamId: streamId(), status: number(4) };
    case CONTROL.settings:
      return { type: "settings" };
    case CONTROL.ping:
      return { type: "ping", id: number(0) };
    case CONTROL.goAway:
      return { type: "goAway", lastStreamId: streamId(), status: number(4) };
    case CONTROL.windowUpdate:
      return { type: "windowUpdate", streamId: streamId(), delta: number(4) & 0x7fff_ffff };
    default:
      return undefined;
  }
}

/** A frame as it is sent. Data may have 2^24-1 bytes at most. */
export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.type) {
    case "data":
      return joined([uint32(frame.streamId), sized(frame.isFin, frame.bytes.length), frame.bytes]);
    case "synStream":
      return control(frame, uint32(frame.streamId), new Uint8Array(6), frame.block);
    case "synReply":
    case "headers":
      return control(frame, uint32(frame.streamId), frame.block);
    case "rstStream":
      return control(frame, uint32(frame.streamId), uint32(frame.status));
    case "settings":
      return control(frame, uint32(0));
    case "ping":
      return control(frame, uint32(frame.id));
    case "goAway":
      return control(frame, uint32(frame.lastStreamId), uint32(frame.status));
    case "windowUpdate":
      return control(frame, uint32(frame.streamId), uint32(frame.delta));
  }
}

function control(
  frame: { readonly type: keyof typeof CONTROL; readonly isFin?: boolean },
  ...body: readonly Uint8Array[]
): Uint8Array {
  const length = body.reduce((sum, it) => sum + it.length, 0);
  const kind = uint32(((0x8000 | VERSION) << 16 | CONTROL[frame.type]) >>> 0);
  return joined([kind, sized(frame.isFin === true, length), ...body]);
}

/** The second word of every frame. */
function sized(isFin: boolean, length: number): Uint8Array {
  return uint32((isFin ? FIN << 24 : 0) | length);
}
