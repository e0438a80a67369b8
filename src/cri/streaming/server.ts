import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import { messageOf, RuntimeError } from "../../errors.ts";
import type { Clock } from "../../kernel/clock.ts";
import { Context } from "../../kernel/context.ts";
import { Calls } from "../calls.ts";
import type { Report } from "../handlers.ts";
import { REAL_TIME } from "./clock.ts";
import type { StreamOperations } from "./operations.ts";
import type { StreamRequest } from "./requests.ts";
import { serveUpgrade } from "./protocol_choice.ts";
import { Tokens } from "./tokens.ts";
import { refuseUpgrade } from "./upgrade.ts";

/** Who has no token yet gets no longer than this to send its request. */
const requestMs = 10_000;

/** What {@linkcode serveStreams} needs. */
export interface StreamingOptions {
  /** An IP address to listen on. Streams are plain HTTP, for whoever has a token. */
  readonly address: string;
  /** 0 stands for any that is free. */
  readonly port: number;
  /** A connection over which nothing has come or gone for this long is ended. */
  readonly idleMs: number;
  /** How long a client has to open the streams that it has asked for. */
  readonly creationMs: number;
  readonly operations: StreamOperations;
  /** Hears of what no client caused; the client is told all the same. */
  readonly report?: Report;
  /** Real time unless given. */
  readonly clock?: Clock;
}

/** Serves what CRI's Exec, Attach and PortForward promise: the URL that they answer leads here. */
export interface StreamingServer {
  /** Where it listens, as a URL has it: "127.0.0.1:40123". */
  readonly address: string;
  /**
   * Returns the URL that a client gets `request` at: once, and within a minute.
   *
   * @throws {RuntimeError} RESOURCE_EXHAUSTED when too many are promised; UNAVAILABLE when it closes.
   */
  urlFor(request: StreamRequest): string;
  /**
   * Takes no more clients, cancels what runs with UNAVAILABLE, gives it `gracePeriodMs` to end, and hangs
   * up on whoever is still there. Idempotent.
   */
  close(gracePeriodMs: number): Promise<void>;
}

/**
 * Listens for clients of streams.
 *
 * @throws {RuntimeError} UNAVAILABLE when the address cannot be had.
 */
export async function serveStreams(options: StreamingOptions): Promise<StreamingServer> {
  const streaming = new Streaming(options);
  await streaming.listen();
  return streaming;
}

class Streaming implements StreamingServer {
  readonly #options: StreamingOptions;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #tokens: Tokens<StreamRequest>;
  readonly #visits = new Calls();
  /** Each with the timer that ends it unless it brings a request. */
  readonly #sockets = new Map<Socket, Disposable>();
  #address = "";
  #closing: Promise<void> | undefined;

  constructor(options: StreamingOptions) {
    this.#options = options;
    this.#clock = options.clock ?? REAL_TIME;
    this.#tokens = new Tokens(this.#clock);
    this.#server = createServer((request, response) => this.#refuse(request, response));
    this.#server.on("connection", (socket: Socket) => this.#keep(socket));
    this.#server.on("upgrade", (request, socket, head) => {
      this.#visits.own(this.#visit(request, socket as Socket, head));
    });
  }

  async listen(): Promise<void> {
    const { address, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, address, () => resolve());
    try {
      await promise;
    } catch (error) {
      const what = `Cannot listen for streams on ${address}:${port}: ${messageOf(error)}`;
      throw new RuntimeError("UNAVAILABLE", what, { cause: error });
    }
    const bound = this.#server.address() as AddressInfo;
    this.#address = `${bound.family === "IPv6" ? `[${address}]` : address}:${bound.port}`;
  }

  get address(): string {
    return this.#address;
  }

  urlFor(request: StreamRequest): string {
    if (this.#closing !== undefined) throw shuttingDown();
    return `http://${this.address}/${request.kind}/${this.#tokens.issue(request)}`;
  }

  close(gracePeriodMs: number): Promise<void> {
    return this.#closing ??= this.#close(gracePeriodMs);
  }

  async #close(gracePeriodMs: number): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#visits.endStreams(shuttingDown());
    using timer = new DisposableStack();
    const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
    timer.use(this.#clock.after(gracePeriodMs, giveUp));
    await Promise.race([this.#visits.idle(), late]);
    for (const socket of this.#sockets.keys()) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    const timer = this.#clock.after(requestMs, () => socket.destroy());
    this.#sockets.set(socket, timer);
    socket.on("close", () => {
      timer[Symbol.dispose]();
      this.#sockets.delete(socket);
    });
    // Whatever breaks a connection ends it, which its visit hears.
    socket.on("error", () => {});
  }

  /** A request that asks for no other protocol has come to the wrong place, or with the wrong client. */
  #refuse(request: IncomingMessage, response: ServerResponse): void {
    const isKnown = this.#take(request) !== undefined;
    response.statusCode = isKnown ? 400 : 404;
    response.setHeader("Connection", "close");
    response.end(isKnown ? "unable to upgrade: missing upgrade headers\n" : "not found\n");
  }

  async #visit(request: IncomingMessage, socket: Socket, head: Uint8Array): Promise<void> {
    this.#sockets.get(socket)?.[Symbol.dispose]();
    const asked = this.#take(request);
    if (asked === undefined) return refuseUpgrade(socket, 404, "not found");
    const { operations, creationMs, idleMs, report = () => {} } = this.#options;
    const context = new Context();
    using _stream = this.#visits.openStream(context);
    const gone = () => context.cancel(new RuntimeError("CANCELLED", "the client has gone away"));
    socket.once("close", gone);
    socket.setNoDelay(true).setTimeout(idleMs).on("timeout", () => {
      context.cancel(new RuntimeError("DEADLINE_EXCEEDED", `nothing happened for ${idleMs} ms`));
    });
    const clock = this.#clock;
    const visit = { socket, context, clock, creationMs, idleMs, operations, report };
    try {
      await serveUpgrade(visit, asked, request, head);
    } catch (error) {
      report(asked.kind, error);
      socket.destroy();
    }
  }

  /** What the token in a request's path stands for, when it is used for that. */
  #take({ method, url = "" }: IncomingMessage): StreamRequest | undefined {
    if (this.#closing !== undefined || (method !== "GET" && method !== "POST")) return undefined;
    const [, kind, token] = /^\/([a-z]+)\/([\w-]+)(?:\?.*)?$/.exec(url) ?? [];
    if (token === undefined) return undefined;
    const request = this.#tokens.take(token);
    return request?.kind === kind ? request : undefined;
  }
}

function shuttingDown(): RuntimeError {
  return new RuntimeError("UNAVAILABLE", "the daemon is shutting down");
}
