import type { TracedSpan } from "./trace.ts";

/** So long a line may wait for others to be written with. */
const FLUSH_AFTER_MS = 100;
const ENCODER = new TextEncoder();

/**
 * A file with a line of JSON for every span. Lines are written together, a few a second, so that whoever
 * is traced is hardly slowed down; a life that is killed loses its last ones.
 */
export class TraceFile implements Disposable {
  readonly #file: Deno.FsFile;
  #lines: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Writes from the start of the file. Throws what Deno throws when it cannot be opened. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 });
  }

  /** Takes a span that is over. */
  readonly add = (span: TracedSpan): void => {
    this.#lines.push(`${JSON.stringify(span)}\n`);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
  };

  /** Writes what is left. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#flush();
    this.#file.close();
  }

  /** A full disk is no reason to stop: containers matter more than lines. */
  #flush(): void {
    this.#timer = undefined;
    const bytes = ENCODER.encode(this.#lines.join(""));
    this.#lines = [];
    try {
      for (let written = 0; written < bytes.length;) {
        written += this.#file.writeSync(bytes.subarray(written));
      }
    } catch {
      // Nobody is left to be told.
    }
  }
}
