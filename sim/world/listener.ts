import { footprints } from "../footprint.ts";
import { WaitQueue } from "../step.ts";
import { OpenFile } from "./open_file.ts";
import { Pipe } from "./pipe.ts";

/** What one side of a connection has. */
export interface Connection {
  readonly reader: OpenFile;
  readonly writer: OpenFile;
}

/** A listening unix socket whose connections carry packets (man 7 unix, SOCK_SEQPACKET). */
export class Listener {
  /** Told when somebody has connected. */
  readonly changed: WaitQueue = new WaitQueue();
  readonly #name = footprints.newName();
  readonly #waiting: Connection[] = [];
  #isClosed = false;

  /** Whether nobody will accept any more. */
  get isClosed(): boolean {
    this.#touch("read");
    return this.#isClosed;
  }

  /** Whether somebody waits to be accepted. */
  get hasWaiting(): boolean {
    this.#touch("read");
    return this.#waiting.length > 0;
  }

  /** The side of who connects, which may write before it is accepted. */
  connect(): Connection {
    this.#touch("write");
    const [there, back] = [new Pipe(undefined, true), new Pipe(undefined, true)];
    this.#waiting.push({ reader: OpenFile.reader(there), writer: OpenFile.writer(back) });
    this.changed.wake();
    return { reader: OpenFile.reader(back), writer: OpenFile.writer(there) };
  }

  /** The side of who listens, of the first that waits. */
  accept(): Connection | undefined {
    this.#touch("write");
    return this.#waiting.shift();
  }

  /** Whoever waits is let down. */
  close(): void {
    this.#touch("write");
    this.#isClosed = true;
    for (const { reader, writer } of this.#waiting.splice(0)) {
      reader.close();
      writer.close();
    }
  }

  #touch(access: "read" | "write"): void {
    footprints.present?.touch(`listener ${this.#name}`, access);
  }
}
