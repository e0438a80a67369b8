import type { Context } from "../../kernel/context.ts";
import type { ByteSource, TerminalSize, TerminalSizes } from "../../kernel/streams.ts";

/** A line of JSON with a size is some 40 bytes. */
const lineCharsMax = 1024;

/** The kernel counts columns and rows in 16 bits (man 2 ioctl_tty, TIOCSWINSZ). */
const sizeMax = 65_535;

/** The sizes that a client's resize stream tells of: `{"Width":80,"Height":24}`, one after the other. */
export class ToldSizes implements TerminalSizes {
  readonly #source: ByteSource;
  readonly #decoder = new TextDecoder();
  #text = "";

  /** Whoever asks for sizes is the only one that reads `source`. */
  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** @inheritdoc */
  async next(context: Context): Promise<TerminalSize | undefined> {
    for (;;) {
      const size = this.#latest();
      if (size !== undefined) return size;
      // Not a size, whatever it is.
      if (this.#text.length > lineCharsMax) return undefined;
      const bytes = await this.#source.read(context);
      if (bytes === undefined) return undefined;
      this.#text += this.#decoder.decode(bytes, { stream: true });
    }
  }

  /** The last of the sizes that have come, since nobody needs the others any more. */
  #latest(): TerminalSize | undefined {
    const end = this.#text.lastIndexOf("}") + 1;
    const told = this.#text.slice(0, end).match(/\{[^{}]*\}/g) ?? [];
    this.#text = this.#text.slice(end);
    return told.map(sizeFrom).findLast((it) => it !== undefined);
  }
}

function sizeFrom(json: string): TerminalSize | undefined {
  try {
    const { Width: columns, Height: rows } = JSON.parse(json);
    return isSize(columns) && isSize(rows) ? { columns, rows } : undefined;
  } catch {
    return undefined;
  }
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= sizeMax;
}
