import { type Access, footprints } from "../footprint.ts";
import { WaitQueue } from "../step.ts";
import { concat } from "./content.ts";

/** Linux's default (man 7 pipe). */
const CAPACITY_BYTES = 65_536;

/** A pipe or the inside of a fifo (man 7 pipe, man 7 fifo). */
export class Pipe {
  /** How often an end was ever opened: who waits for a partner sees one that has left again. */
  readerOpens = 0;
  writerOpens = 0;
  #readers = 0;
  #writers = 0;
  readonly changed: WaitQueue = new WaitQueue();
  /** Of one that stands for a terminal, "rows columns" (man 4 tty_ioctl, TIOCSWINSZ). */
  #terminalSize = "0 0";
  readonly #name = footprints.newName();
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;
  /** Whether a write is taken whole: who reads may ask for one at a time. */
  readonly carriesPackets: boolean;
  #sink: ((bytes: Uint8Array) => void) | undefined;

  /** With a sink somebody outside of the machine's processes reads it all the time. */
  constructor(sink?: (bytes: Uint8Array) => void, carriesPackets = false) {
    this.#sink = sink;
    this.carriesPackets = carriesPackets;
  }

  /** Ends to read from that are open. */
  get readers(): number {
    this.#touchEnds("readers", "read");
    return this.#readers;
  }

  /** Ends to write to that are open. */
  get writers(): number {
    this.#touchEnds("writers", "read");
    return this.#writers;
  }

  get terminalSize(): string {
    footprints.present?.touch(`size of pipe ${this.#name}`, "read");
    return this.#terminalSize;
  }

  set terminalSize(size: string) {
    footprints.present?.touch(`size of pipe ${this.#name}`, "write");
    this.#terminalSize = size;
  }

  get sizeBytes(): number {
    footprints.present?.touch(`pipe ${this.#name}`, "read");
    return this.#sizeBytes;
  }

  get freeBytes(): number {
    footprints.present?.touch(`pipe ${this.#name}`, "read");
    return CAPACITY_BYTES - this.#sizeBytes;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    footprints.present?.touch(`pipe ${this.#name}`, "write");
    if (this.#sink !== undefined) return this.#sink(bytes);
    this.#chunks.push(bytes);
    this.#sizeBytes += bytes.length;
    this.changed.wake();
  }

  /** Takes up to `bytesMax`, possibly none. */
  read(bytesMax: number): Uint8Array {
    footprints.present?.touch(`pipe ${this.#name}`, "write");
    const taken: Uint8Array[] = [];
    let room = bytesMax;
    while (room > 0 && this.#chunks.length > 0) {
      const chunk = this.#chunks[0] as Uint8Array;
      if (chunk.length <= room) {
        this.#chunks.shift();
        taken.push(chunk);
        room -= chunk.length;
      } else {
        this.#chunks[0] = chunk.subarray(room);
        taken.push(chunk.subarray(0, room));
        room = 0;
      }
    }
    this.#sizeBytes -= bytesMax - room;
    if (room < bytesMax) this.changed.wake();
    // Nothing is there: whoever takes that for the end has seen that nobody writes.
    else this.#touchEnds("writers", "read");
    return taken.length === 0 ? new Uint8Array(0) : concat(taken);
  }

  /** Takes what one write has written; none when nothing is there. */
  readPacket(): Uint8Array {
    return this.read(this.#chunks[0]?.length ?? 1);
  }

  /** Whether the first `byte` has come. */
  includes(byte: number): boolean {
    footprints.present?.touch(`pipe ${this.#name}`, "read");
    return this.#chunks.some((chunk) => chunk.includes(byte));
  }

  /** Takes up to and including the first `byte`, or everything. */
  readThrough(byte: number): Uint8Array {
    let length = 0;
    for (const chunk of this.#chunks) {
      const index = chunk.indexOf(byte);
      if (index >= 0) return this.read(length + index + 1);
      length += chunk.length;
    }
    return this.read(length);
  }

  openReader(): void {
    this.#touchEnds("readers", "add");
    this.#readers++;
    this.readerOpens++;
    this.changed.wake();
  }

  openWriter(): void {
    this.#touchEnds("writers", "add");
    this.#writers++;
    this.writerOpens++;
    this.changed.wake();
  }

  closeReader(): void {
    this.#touchEnds("readers", "add");
    this.#readers--;
    this.#forgetIfUnused();
    this.changed.wake();
  }

  closeWriter(): void {
    this.#touchEnds("writers", "add");
    this.#writers--;
    this.#forgetIfUnused();
    this.changed.wake();
  }

  /** What nobody read is gone with the last end of a fifo (man 7 fifo). */
  #forgetIfUnused(): void {
    if (this.#readers > 0 || this.#writers > 0 || this.#sizeBytes === 0) return;
    this.#touchEnds("readers", "write");
    this.#touchEnds("writers", "write");
    footprints.present?.touch(`pipe ${this.#name}`, "write");
    this.#chunks = [];
    this.#sizeBytes = 0;
  }

  /** Ends come and go in any order, for who does not look how many there are. */
  #touchEnds(which: "readers" | "writers", access: Access): void {
    footprints.present?.touch(`${which} of pipe ${this.#name}`, access);
  }
}
