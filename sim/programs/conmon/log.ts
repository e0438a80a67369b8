import type { Sys } from "../program.ts";
import { rfc3339 } from "../time.ts";

const NEWLINE = 10;

/** The log of a container in CRI's format (conmon, ctr_logging.c). */
export class ContainerLog {
  readonly #sys: Sys;
  readonly #path: string;
  #fd: number;
  #writtenBytes = 0;
  readonly #sizeMax: number;

  private constructor(sys: Sys, path: string, fd: number, sizeMax: number) {
    this.#sys = sys;
    this.#path = path;
    this.#fd = fd;
    this.#sizeMax = sizeMax;
  }

  /** @throws {KernelError} when the file cannot be opened. */
  static async open(sys: Sys, path: string, sizeMax: number): Promise<ContainerLog> {
    const fd = await sys.open(path, "append", { createMode: 0o600 });
    return new ContainerLog(sys, path, fd, sizeMax);
  }

  /** One read's worth of output: a line each, the last one partial unless it ends in a newline. */
  async write(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
    const time = `${rfc3339(this.#sys.realtimeMicros())}+00:00 ${stream}`;
    const lines: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      const line = logLine(`${time} ${newline < 0 ? "P" : "F"} `, bytes.subarray(at, end));
      at = end + 1;
      if (this.#sizeMax > 0 && this.#writtenBytes + line.length > this.#sizeMax) {
        await this.#flush(lines);
        await this.reopen();
      }
      this.#writtenBytes += line.length;
      lines.push(line);
    }
    await this.#flush(lines);
  }

  /** A new, empty file takes the name; who wants the old one has renamed it before. */
  async reopen(): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    await this.#sys.close(this.#fd);
    this.#writtenBytes = 0;
    this.#fd = await this.#sys.open(temporary, "append", { createMode: 0o600, truncates: true });
    await this.#sys.rename(temporary, this.#path);
  }

  async #flush(lines: Uint8Array[]): Promise<void> {
    if (lines.length === 0) return;
    const whole = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
    let at = 0;
    for (const line of lines.splice(0)) {
      whole.set(line, at);
      at += line.length;
    }
    // What cannot be written is lost; the container goes on.
    await this.#sys.write(this.#fd, whole).catch(() => {});
  }
}

function logLine(prefix: string, content: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(prefix);
  const line = new Uint8Array(head.length + content.length + 1);
  line.set(head);
  line.set(content, head.length);
  line[line.length - 1] = NEWLINE;
  return line;
}
