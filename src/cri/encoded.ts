import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";

/** A message, or a part of one, as it goes over the wire. */
export class Encoded {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}
}

/** Writes a message. */
export function encode<Schema extends DescMessage>(
  schema: Schema,
  message: MessageInitShape<Schema>,
): Encoded {
  return new Encoded(toBinary(schema, create(schema, message)));
}

/**
 * Puts parts of one message together: read in a row they are merged, and lists appended
 * (https://protobuf.dev/programming-guides/encoding, Last One Wins).
 */
export function inARow(parts: readonly Encoded[]): Encoded {
  const bytes = new Uint8Array(parts.reduce((sum, it) => sum + it.bytes.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part.bytes, offset);
    offset += part.bytes.length;
  }
  return new Encoded(bytes);
}

/**
 * Remembers what was written of an object, for as long as what it was made of is the same: kubelets ask each
 * second for everything, and hardly any of it is another than a second ago.
 */
export class WrittenOnce<Owner extends object> {
  readonly #written = new WeakMap<Owner, { of: readonly unknown[]; encoded: Encoded }>();

  /** @param of what goes into it and may be another next time; each an immutable snapshot */
  get(owner: Owner, of: readonly unknown[], write: () => Encoded): Encoded {
    const known = this.#written.get(owner);
    if (known !== undefined && known.of.every((it, index) => it === of[index])) {
      return known.encoded;
    }
    const encoded = write();
    this.#written.set(owner, { of, encoded });
    return encoded;
  }
}
