import { constants, createInflate } from "node:zlib";

import { joined } from "../../../bytes.ts";
import { bytesOf, uint32 } from "./bytes.ts";
import { DICTIONARY, DICTIONARY_ID } from "./dictionary.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Of one block, inflated. Kubernetes sends three short headers with a stream. */
const inflatedBytesMax = 16 * 1024;

/** Names are in lower case; several values of one name are joined by NUL, as SPDY sends them. */
export type Headers = ReadonlyMap<string, string>;

/** Headers as one side of a session receives them: all blocks are one zlib stream, so order counts. */
export class HeaderReader implements Disposable {
  readonly #inflate = createInflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  #inflated: Uint8Array[] = [];
  #bytes = 0;
  #refused: PromiseWithResolvers<never> | undefined;

  /** Begins a stream of blocks. */
  constructor() {
    this.#inflate.on("data", (chunk: Uint8Array) => {
      this.#bytes += chunk.length;
      if (this.#bytes > inflatedBytesMax) this.#refuse("headers are too long");
      else this.#inflated.push(chunk);
    });
    this.#inflate.on("error", () => this.#refuse("headers are not compressed as agreed"));
  }

  /**
   * The headers of the next block. One at a time.
   *
   * @throws {ProtocolError} when it is not what zlib makes, is too much, or is cut off.
   */
  async read(block: Uint8Array): Promise<Headers> {
    if (this.#inflate.destroyed) throw new ProtocolError("headers could not be read before");
    const { promise: written, resolve } = Promise.withResolvers<void>();
    this.#refused = Promise.withResolvers();
    this.#inflate.write(block, () => resolve());
    await Promise.race([written, this.#refused.promise]);
    const whole = joined(this.#inflated);
    this.#inflated = [];
    this.#bytes = 0;
    return parse(whole);
  }

  /** Frees zlib's memory. */
  [Symbol.dispose](): void {
    this.#inflate.destroy();
  }

  #refuse(reason: string): void {
    this.#inflate.destroy();
    this.#refused?.reject(new ProtocolError(reason));
  }
}

/**
 * Headers as one side sends them. The server has hardly any, so they are stored rather than made
 * smaller, which is a zlib stream like any other (RFC 1951, section 3.2.4) and needs no compressor.
 */
export class HeaderWriter {
  #hasBegun = false;

  /** The next block, at most 65535 bytes of headers. */
  write(headers: Headers): Uint8Array {
    const text = serialized(headers);
    const begin = this.#hasBegun ? [] : [bytesOf(0x78, 0x20), uint32(DICTIONARY_ID)];
    this.#hasBegun = true;
    // The empty block at the end is a flush: whoever reads knows that there is nothing to wait for.
    return joined([...begin, storedBlockOf(text), storedBlockOf(new Uint8Array(0))]);
  }
}

function storedBlockOf(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const [low, high] = [length & 0xff, length >> 8];
  return joined([bytesOf(0, low, high, low ^ 0xff, high ^ 0xff), bytes]);
}

function serialized(headers: Headers): Uint8Array {
  const encoder = new TextEncoder();
  const strings = [...headers].flat().map((it) => encoder.encode(it));
  return joined([uint32(headers.size), ...strings.flatMap((it) => [uint32(it.length), it])]);
}

/** Section 2.6.10: how many, and for each its name and its value, with their lengths. */
function parse(block: Uint8Array): Headers {
  const decoder = new TextDecoder();
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  let at = 0;
  const number = () => {
    if (at + 4 > block.length) throw new ProtocolError("headers are cut off");
    at += 4;
    return view.getUint32(at - 4);
  };
  const string = () => {
    const length = number();
    if (at + length > block.length) throw new ProtocolError("headers are cut off");
    at += length;
    return decoder.decode(block.subarray(at - length, at));
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) headers.set(string().toLowerCase(), string());
  return headers;
}
