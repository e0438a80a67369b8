import { hasErrno } from "../../../src/kernel/errno.ts";
import { concat } from "../../world/content.ts";
import type { Sys } from "../program.ts";

/** The most that is read of one packet (conmon, conn_sock.h, CONN_SOCK_BUF_SIZE). */
const PACKET_BYTES_MAX = 32_767;
/** What a packet begins with (conmon, utils.h, stdpipe_t). */
const MARKS = { stdout: 2, stderr: 3 } as const;

/** Who is attached to a container: all hear the same, and what they say comes to the container in turn. */
export class AttachedClients {
  readonly #sys: Sys;
  readonly #listener: number;
  readonly #stdin: number | undefined;
  readonly #closesInput: boolean;
  #isInputOpen: boolean;
  /** Where each hears us, by where we hear it. */
  readonly #outputs = new Map<number, number>();
  /** Those that say nothing more. */
  readonly #silent = new Set<number>();
  /** What the container has no room for yet, and who has said it: nobody else is heard meanwhile. */
  #input: Uint8Array = new Uint8Array(0);

  /** @param closesInput the end of one client's words is the end of the container's input */
  constructor(sys: Sys, listener: number, stdin: number | undefined, closesInput: boolean) {
    this.#sys = sys;
    this.#listener = listener;
    this.#stdin = stdin;
    this.#closesInput = closesInput;
    this.#isInputOpen = stdin !== undefined;
  }

  /** Where new clients come. */
  get newcomers(): readonly number[] {
    return [this.#listener];
  }

  /** Whom to listen to. */
  get readers(): readonly number[] {
    if (this.#input.length > 0) return [this.#listener];
    return [this.#listener, ...[...this.#outputs.keys()].filter((it) => !this.#silent.has(it))];
  }

  /** The container's input, while something waits for it. */
  get writers(): readonly number[] {
    return this.#input.length > 0 && this.#stdin !== undefined ? [this.#stdin] : [];
  }

  /** One of the readers has something: a new client, words, or their end (conn_sock.c). */
  async serve(fd: number): Promise<void> {
    if (fd === this.#listener) {
      const connection = await this.#sys.accept(fd);
      if (connection !== undefined) this.#outputs.set(...connection);
      return;
    }
    const bytes = await this.#sys.read(fd, PACKET_BYTES_MAX);
    if (bytes.length === 0) return await this.#silence(fd);
    if (!this.#isInputOpen) return;
    this.#input = concat([this.#input, bytes]);
    await this.passInput();
  }

  /** Gives the container what it has room for. */
  async passInput(): Promise<void> {
    const stdin = this.#stdin;
    if (stdin === undefined) return;
    while (this.#input.length > 0 && this.#isInputOpen) {
      const { writable } = await this.#sys.poll({ write: [stdin], timeoutMs: 0 });
      if (writable.length === 0) return;
      const part = this.#input.subarray(0, PART_BYTES);
      this.#input = this.#input.subarray(part.length);
      try {
        await this.#sys.write(stdin, part);
      } catch (error) {
        if (!hasErrno(error, "EPIPE")) throw error;
        this.#input = new Uint8Array(0);
        this.#isInputOpen = false;
      }
    }
  }

  /** All hear what the container has printed; whoever does not take it is waited for. */
  async tell(stream: keyof typeof MARKS, bytes: Uint8Array): Promise<void> {
    for (const [reader, writer] of this.#outputs) {
      try {
        await this.#sys.write(writer, concat([Uint8Array.of(MARKS[stream]), bytes]));
      } catch (error) {
        if (!hasErrno(error, "EPIPE")) throw error;
        await this.#sys.close(writer);
        this.#outputs.delete(reader);
      }
    }
  }

  async #silence(fd: number): Promise<void> {
    this.#silent.add(fd);
    if (!this.#closesInput || !this.#isInputOpen || this.#stdin === undefined) return;
    this.#isInputOpen = false;
    await this.#sys.close(this.#stdin);
  }
}

/** What goes into a pipe at once or not at all (man 7 pipe, PIPE_BUF). */
const PART_BYTES = 4_096;
