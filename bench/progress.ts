import { barOf } from "../src/program/bar.ts";

const BAR_CHARS = 30;
const ENCODER = new TextEncoder();

/** How progress is told: a bar that is written over, a line a phase, or not at all. */
export const PROGRESS_STYLES = ["auto", "bar", "lines", "none"] as const;

/** "auto" is a bar in a terminal and nothing elsewhere. */
export type ProgressStyle = typeof PROGRESS_STYLES[number];

/** Tells on standard error how far it is. */
export class Progress implements Disposable {
  readonly #style: Exclude<ProgressStyle, "auto">;
  readonly #total: number;
  readonly #write: (text: string) => void;
  #done = 0;
  #what = "";
  #isEnding = false;

  /** @param total of what is told of by `add` */
  constructor(style: ProgressStyle, total: number, write = writeToStderr) {
    const automatic = Deno.stderr.isTerminal() ? "bar" : "none";
    this.#style = style === "auto" ? automatic : style;
    this.#total = total;
    this.#write = write;
  }

  /** Says what is done next; after {@linkcode end} nothing is. */
  show(what: string): void {
    if (this.#isEnding) return;
    if (this.#style === "lines" && what !== this.#what) this.#write(`${what}\n`);
    this.#what = what;
    this.#draw();
  }

  /** Says what is done last, whatever else begins meanwhile. */
  end(what: string): void {
    this.show(what);
    this.#isEnding = true;
  }

  /** Some of it is done. */
  add(count: number): void {
    this.#done += count;
    this.#draw();
  }

  [Symbol.dispose](): void {
    if (this.#style === "bar") this.#write("\r\x1b[K");
  }

  #draw(): void {
    if (this.#style !== "bar") return;
    this.#write(`\r${countedBarOf(this.#done, this.#total)} ${this.#what}\x1b[K`);
  }
}

/** How much of it is done, as a bar and in numbers. */
export function countedBarOf(done: number, total: number): string {
  return `${barOf(total === 0 ? 1 : done / total, BAR_CHARS)} ${done} of ${total}`;
}

function writeToStderr(text: string): void {
  Deno.stderr.writeSync(ENCODER.encode(text));
}
