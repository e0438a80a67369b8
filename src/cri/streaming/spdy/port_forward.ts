import type { Duplex } from "node:stream";

import { isPort } from "../../../sandbox/port_forward.ts";
import { Calls } from "../../calls.ts";
import { servePort, tellError } from "../port_forward.ts";
import type { PortsRequest } from "../requests.ts";
import { lastWords, type Visit } from "../visit.ts";
import { SpdySession } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

/** Serves connections to a pod's ports over SPDY until the client goes away. Never rejects. */
export async function serveSpdyPorts(
  visit: Visit,
  request: PortsRequest,
  wire: Duplex = visit.socket,
): Promise<void> {
  const pairs = new Pairs(visit, request);
  const { context, clock } = visit;
  const session = new SpdySession({
    wire,
    context,
    clock,
    onStream: (stream) => pairs.take(stream),
  });
  const { promise: over, resolve } = Promise.withResolvers<void>();
  using _listener = context.onCancel(() => resolve());
  await over;
  await pairs.close();
  using words = lastWords(visit);
  await session.close(words);
}

/** Half of a connection that waits for its other half. */
interface Half {
  readonly stream: SpdyStream;
  readonly isError: boolean;
  readonly timer: Disposable;
}

/** Two streams for each connection, one of them for errors; a header says which belong together. */
class Pairs {
  readonly #visit: Visit;
  readonly #request: PortsRequest;
  readonly #halves = new Map<string, Half>();
  readonly #connections = new Calls();

  constructor(visit: Visit, request: PortsRequest) {
    this.#visit = visit;
    this.#request = request;
  }

  /** Whether the stream says what it is for, and no other does. */
  take(stream: SpdyStream): boolean {
    const type = stream.headers.get("streamtype");
    if (type !== "data" && type !== "error") return false;
    if (!isPort(portOf(stream))) return false;
    const isError = type === "error";
    const id = requestIdOf(stream, isError);
    const half = this.#halves.get(id);
    if (half === undefined) {
      this.#wait(id, stream, isError);
      return true;
    }
    if (half.isError === isError) return false;
    half.timer[Symbol.dispose]();
    this.#halves.delete(id);
    const [data, error] = isError ? [half.stream, stream] : [stream, half.stream];
    void this.#connections.own(this.#serve(data, error));
    return true;
  }

  /** Resolves once no connection is under way; the visit must be over. */
  async close(): Promise<void> {
    for (const { timer } of this.#halves.values()) timer[Symbol.dispose]();
    this.#halves.clear();
    await this.#connections.idle();
  }

  #wait(id: string, stream: SpdyStream, isError: boolean): void {
    const { clock, creationMs } = this.#visit;
    const timer = clock.after(creationMs, () => {
      this.#halves.delete(id);
      void this.#connections.own(this.#giveUp(stream, isError));
    });
    this.#halves.set(id, { stream, isError, timer });
  }

  async #giveUp(stream: SpdyStream, isError: boolean): Promise<void> {
    if (isError) await tellError(this.#visit, stream, "timed out waiting for the data stream");
    stream.reset();
  }

  async #serve(data: SpdyStream, error: SpdyStream): Promise<void> {
    // A client that takes the stream back wants nothing more of the connection.
    using context = this.#visit.context.child();
    using _reset = data.context.onCancel((cause) => context.cancel(cause));
    const isDone = await servePort(this.#visit, {
      podSandboxId: this.#request.podSandboxId,
      port: portOf(data),
      fromClient: data,
      toClient: data,
      error,
    }, context);
    data.inbox.discard();
    error.inbox.discard();
    if (!isDone) data.reset();
  }
}

function portOf(stream: SpdyStream): number {
  const text = stream.headers.get("port") ?? "";
  return /^\d{1,5}$/.test(text) ? Number(text) : NaN;
}

/**
 * Clients that are older than the header open the error stream and then the data stream, whose id is
 * the next one of a client (k8s.io/cri-streaming, portforward/httpstream.go, requestID).
 */
function requestIdOf(stream: SpdyStream, isError: boolean): string {
  return stream.headers.get("requestid") ?? `#${isError ? stream.id : stream.id - 2}`;
}
