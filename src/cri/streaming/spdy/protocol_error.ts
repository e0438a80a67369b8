/** A client does not speak SPDY as the specification has it; nothing that it sends makes sense any more. */
export class ProtocolError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "ProtocolError";
}
