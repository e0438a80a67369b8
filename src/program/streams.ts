import type { StreamingOptions, StreamingServer } from "../cri/streaming/server.ts";
import type { StreamRequest } from "../cri/streaming/requests.ts";
import { RuntimeError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { onceNeeded } from "./once_needed.ts";

/** How clients are served, but for what it is done with. */
export type StreamsSettings = Omit<StreamingOptions, "operations">;

/**
 * The streaming server of a daemon: it is loaded, and listens, once somebody asks for a stream. Most nodes are
 * seldom asked, and whoever is not asked has 3 MB less and no port open.
 */
export class Streams {
  readonly #settings: StreamsSettings;
  readonly #source: () => Runtime;
  readonly #onListening: (address: string) => void;
  #server: Promise<StreamingServer> | undefined;
  #isClosed = false;

  constructor(
    settings: StreamsSettings,
    source: () => Runtime,
    onListening: (address: string) => void,
  ) {
    this.#settings = settings;
    this.#source = source;
    this.#onListening = onListening;
  }

  /**
   * Listens from now on. Idempotent.
   *
   * @throws {RuntimeError} UNAVAILABLE when the address cannot be had, or the daemon ends.
   */
  async listen(): Promise<StreamingServer> {
    if (this.#isClosed) throw new RuntimeError("UNAVAILABLE", "the daemon is shutting down");
    const opening = this.#server ??= this.#open();
    try {
      return await opening;
    } catch (error) {
      // Who has the port now may leave it.
      if (this.#server === opening) this.#server = undefined;
      throw error;
    }
  }

  /** The URL that a client gets `request` at. @throws {RuntimeError} as `listen`; RESOURCE_EXHAUSTED. */
  async urlFor(request: StreamRequest): Promise<string> {
    const server = await this.listen();
    return server.urlFor(request);
  }

  /** Ends what runs, as the server does. Idempotent. */
  async close(gracePeriodMs: number): Promise<void> {
    this.#isClosed = true;
    const server = await this.#server?.catch(() => undefined);
    await server?.close(gracePeriodMs);
  }

  async #open(): Promise<StreamingServer> {
    const { serveStreams }: typeof import("../cri/streaming/server.ts") = await import(
      onceNeeded("../cri/streaming/server.ts")
    );
    const { streamOperations }: typeof import("../cri/streaming/operations.ts") = await import(
      onceNeeded("../cri/streaming/operations.ts")
    );
    const operations = streamOperations(this.#source);
    const server = await serveStreams({ ...this.#settings, operations });
    this.#onListening(server.address);
    return server;
  }
}
