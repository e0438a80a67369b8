import type { Context } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import type { ByteSink, ByteSource, PacketSocket } from "../../src/kernel/streams.ts";
import type { Connection } from "../world/listener.ts";
import { OpenFile } from "../world/open_file.ts";
import type { Pipe } from "../world/pipe.ts";
import type { Life } from "./life.ts";

const READ_BYTES = 65_536;

/** The daemon's reading end of a pipe. */
export class PipeSource implements ByteSource {
  readonly #life: Life;
  readonly #name: string;
  readonly #pipe: Pipe;
  readonly #reader: OpenFile;
  #isClosed = false;

  constructor(life: Life, name: string, pipe: Pipe, reader = OpenFile.reader(pipe)) {
    this.#life = life;
    this.#name = name;
    this.#pipe = pipe;
    this.#reader = reader;
  }

  read(context: Context): Promise<Uint8Array | undefined> {
    const pipe = this.#pipe;
    return this.#life.waitCall<Uint8Array | undefined>(
      "stream.read",
      this.#name,
      context,
      pipe.changed,
      () => pipe.sizeBytes > 0 || pipe.writers === 0,
      () => {
        const bytes = this.take(pipe);
        return bytes.length === 0 ? undefined : bytes;
      },
    );
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.close();
  }

  protected take(pipe: Pipe): Uint8Array {
    return pipe.read(READ_BYTES);
  }
}

class PacketSource extends PipeSource {
  protected override take(pipe: Pipe): Uint8Array {
    return pipe.readPacket();
  }
}

/** The daemon's writing end of a pipe. */
export class PipeSink implements ByteSink {
  readonly #life: Life;
  readonly #name: string;
  readonly #pipe: Pipe;
  readonly #writer: OpenFile;
  #isClosed = false;

  constructor(life: Life, name: string, pipe: Pipe, writer = OpenFile.writer(pipe)) {
    this.#life = life;
    this.#name = name;
    this.#pipe = pipe;
    this.#writer = writer;
  }

  async write(bytes: Uint8Array, context: Context): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      const taken: number = await this.#writeSome(rest, context);
      rest = rest.subarray(taken);
    }
  }

  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#writer.close();
  }

  /** As much as there is room for. */
  #writeSome(bytes: Uint8Array, context: Context): Promise<number> {
    const pipe = this.#pipe;
    return this.#life.waitCall<number>(
      "stream.write",
      this.#name,
      context,
      pipe.changed,
      () => pipe.readers === 0 || pipe.freeBytes > 0,
      () => {
        if (this.#isClosed || pipe.readers === 0) {
          return new KernelError("write", "EPIPE", this.#name);
        }
        const taken = bytes.slice(0, pipe.freeBytes);
        pipe.write(taken);
        return taken.length;
      },
    );
  }
}

/** The daemon's side of a connection. */
export class SimPacketSocket implements PacketSocket {
  readonly #life: Life;
  readonly #source: PipeSource;
  readonly #sink: PipeSink;

  constructor(life: Life, path: string, { reader, writer }: Connection) {
    this.#life = life;
    this.#source = new PacketSource(life, path, reader.pipe as Pipe, reader);
    this.#sink = new PipeSink(life, path, writer.pipe as Pipe, writer);
    life.hold(this, `socket ${path}`);
  }

  read(context: Context): Promise<Uint8Array | undefined> {
    return this.#source.read(context);
  }

  write(bytes: Uint8Array, context: Context): Promise<void> {
    return this.#sink.write(bytes, context);
  }

  end(): void {
    this.#sink.end();
  }

  [Symbol.dispose](): void {
    this.#life.forget(this);
    this.#source.close();
    this.#sink.end();
  }
}
