const BAR_CHARS = 30;
const ENCODER = new TextEncoder();

/** A bar on standard error that is written over; nothing where that is no terminal. */
export class Progress implements Disposable {
  readonly #isShown = Deno.stderr.isTerminal();
  readonly #total: number;
  #done = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** Says what is done next. */
  show(what: string): void {
    this.#write(`\r${barOf(this.#done, this.#total)} ${what}\x1b[K`);
  }

  /** Some of it is done. */
  add(count: number): void {
    this.#done += count;
  }

  [Symbol.dispose](): void {
    this.#write("\r\x1b[K");
  }

  #write(text: string): void {
    if (this.#isShown) Deno.stderr.writeSync(ENCODER.encode(text));
  }
}

/** How much of it is done, as a bar and in numbers. */
export function barOf(done: number, total: number): string {
  const filled = total === 0 ? BAR_CHARS : Math.round(BAR_CHARS * Math.min(1, done / total));
  return `${"█".repeat(filled)}${"░".repeat(BAR_CHARS - filled)} ${done} of ${total}`;
}
