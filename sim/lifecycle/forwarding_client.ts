import type { Clock } from "../../src/kernel/clock.ts";
import { type Context, sleep } from "../../src/kernel/context.ts";
import type { ByteSink, ByteSource } from "../../src/kernel/streams.ts";
import type { ForwardedConnection } from "../../src/sandbox/port_forward.ts";
import { toBytes, toText } from "../world/content.ts";
import type { Request } from "./request.ts";

type ForwardRequest = Extract<Request, { readonly kind: "PortForward" }>;

/** Who reaches a port of a pod: says what it has to say, stays for a while, and keeps what it hears. */
export class ForwardingClient implements ForwardedConnection {
  readonly port: number;
  readonly fromClient: ByteSource;
  readonly toClient: ByteSink;
  #said = "";
  #heard = "";
  #hasEnded = false;
  #hasHeardEnd = false;

  constructor({ port, pieces, lingersMs }: ForwardRequest, clock: Clock) {
    this.port = port;
    let count = 0;
    this.fromClient = {
      read: async (context) => {
        context.throwIfCancelled();
        if (count < pieces) return this.#say(`piece ${++count}\n`);
        if (!this.#hasEnded) await stay(clock, lingersMs, context);
        this.#hasEnded = true;
        return undefined;
      },
    };
    this.toClient = {
      write: (bytes) => {
        this.#heard += toText(bytes);
        return Promise.resolve();
      },
      end: () => {
        this.#hasHeardEnd = true;
      },
    };
  }

  /** All that was taken from it so far. */
  get said(): string {
    return this.#said;
  }

  /** All that has come to it so far. */
  get heard(): string {
    return this.#heard;
  }

  /** Whether it has said that it says no more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether it was told that no more comes. */
  get hasHeardEnd(): boolean {
    return this.#hasHeardEnd;
  }

  #say(text: string): Uint8Array {
    this.#said += text;
    return toBytes(text);
  }
}

async function stay(clock: Clock, ms: number, context: Context): Promise<void> {
  if (ms > 0) await sleep(clock, ms, context);
}
