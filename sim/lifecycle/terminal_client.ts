import type { ClientStreams } from "../../src/container/client_streams.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { type Context, sleep } from "../../src/kernel/context.ts";
import type { ByteSink, ByteSource } from "../../src/kernel/streams.ts";
import { concat, toBytes } from "../world/content.ts";
import type { Talk } from "./request.ts";

/** What a client has received, byte by byte. */
export interface Received {
  readonly stdout: Uint8Array;
  /** Nothing of a command that has a terminal. */
  readonly stderr: Uint8Array;
}

/** A client that says some lines and is slow to read, as somebody at a terminal. */
export class TerminalClient {
  readonly streams: ClientStreams;
  readonly #stdout: Listening;
  readonly #stderr: Listening;

  constructor(clock: Clock, { lines, pauseMs }: Talk, hasTerminal: boolean) {
    this.#stdout = new Listening(clock, pauseMs);
    this.#stderr = new Listening(clock, pauseMs);
    this.streams = {
      stdin: lines === 0 ? undefined : new Saying(lines),
      stdout: this.#stdout,
      stderr: hasTerminal ? undefined : this.#stderr,
      sizes: undefined,
    };
  }

  get received(): Received {
    return { stdout: this.#stdout.bytes, stderr: this.#stderr.bytes };
  }
}

class Saying implements ByteSource {
  readonly #lines: number;
  #said = 0;

  constructor(lines: number) {
    this.#lines = lines;
  }

  read(context: Context): Promise<Uint8Array | undefined> {
    if (context.cause !== undefined) return Promise.reject(context.cause);
    if (this.#said === this.#lines) return Promise.resolve(undefined);
    return Promise.resolve(toBytes(`said ${++this.#said}\n`));
  }
}

class Listening implements ByteSink {
  readonly #clock: Clock;
  readonly #pauseMs: number;
  readonly #parts: Uint8Array[] = [];

  constructor(clock: Clock, pauseMs: number) {
    this.#clock = clock;
    this.#pauseMs = pauseMs;
  }

  get bytes(): Uint8Array {
    return concat([...this.#parts, new Uint8Array(0)]);
  }

  async write(bytes: Uint8Array, context: Context): Promise<void> {
    context.throwIfCancelled();
    this.#parts.push(bytes.slice());
    if (this.#pauseMs > 0) await sleep(this.#clock, this.#pauseMs, context);
  }

  end(): void {}
}
