const DECODER = new TextDecoder();

/** UTF-8 as text; what is none is replaced. */
export function textOf(bytes: Uint8Array): string {
  return bytes.length === 0 ? "" : DECODER.decode(bytes);
}
