/**
 * What a file holds. Text stays a string, so that appending to a log costs nothing; whatever is not
 * plain ASCII becomes bytes.
 */
export type Content = string | Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Up to here it is faster to look at each character than to leave V8 for the encoder. */
const SHORT_LENGTH_MAX = 256;

/** The content as bytes, UTF-8. */
export function toBytes(content: Content): Uint8Array {
  if (typeof content !== "string") return content;
  if (content.length > SHORT_LENGTH_MAX) return encoder.encode(content);
  const bytes = new Uint8Array(content.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = content.charCodeAt(i);
    if (code > 127) return encoder.encode(content);
    bytes[i] = code;
  }
  return bytes;
}

/** The content as text; what is not UTF-8 is replaced. */
export function toText(content: Content): string {
  if (typeof content === "string") return content;
  return content.length === 0 ? "" : decoder.decode(content);
}

/** In bytes. */
export function sizeOf(content: Content): number {
  if (typeof content !== "string") return content.length;
  return isAscii(content) ? content.length : encoder.encode(content).length;
}

/** `content` with `more` behind it. */
export function append(content: Content, more: Content): Content {
  if (content.length === 0) return more;
  if (typeof content === "string" && typeof more === "string") return content + more;
  return concat([toBytes(content), toBytes(more)]);
}

/** All chunks as one. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Text where bytes are ASCII, else the bytes: what {@linkcode append} likes best. */
export function fromBytes(bytes: Uint8Array): Content {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 127) return bytes;
  return decoder.decode(bytes);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
