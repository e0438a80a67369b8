import type { DescMethod, DescService } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Http2Server } from "node:http2";

import { RuntimeError } from "../errors.ts";
import { Calls } from "./calls.ts";
import { definitionOf } from "./definition.ts";
import { ImageService, RuntimeService } from "./gen/v1_pb.ts";
import type {
  ImageHandlers,
  Report,
  RuntimeHandlers,
  StreamHandler,
  UnaryHandler,
} from "./handlers.ts";
import { destroyAfterReading } from "./http2_sessions.ts";
import { claimSocket } from "./socket.ts";
import { stream } from "./stream.ts";
import { unary } from "./unary.ts";

/** The kubelet asks for as much of its own clients. */
const messageBytesMax = 16 * 1024 * 1024;

/** What {@linkcode serve} needs. */
export interface ServeOptions {
  /** Absolute. Its folder is made when it is missing, and must be ours alone (mode 0700). */
  readonly socketPath: string;
  readonly runtime: RuntimeHandlers;
  readonly image: ImageHandlers;
  /** Hears of what no client caused; the client is answered all the same. */
  readonly report?: Report;
}

/** A server of both services on one socket. */
export interface CriServer {
  readonly socketPath: string;
  /**
   * Takes no more calls, ends streams with UNAVAILABLE, gives the other calls `gracePeriodMs` to
   * end, cancels the rest, and gives their handlers as long again to undo. Idempotent.
   */
  close(gracePeriodMs: number): Promise<void>;
}

/**
 * Serves the Container Runtime Interface on a unix socket of mode 0600.
 *
 * Both services share the socket: crictl asks the runtime's for images as well.
 *
 * @throws {RuntimeError} as {@linkcode claimSocket} does.
 */
export async function serve(options: ServeOptions): Promise<CriServer> {
  const { socketPath, runtime, image, report = () => {} } = options;
  await using undo = new AsyncDisposableStack();
  undo.use(await claimSocket(socketPath));

  const calls = new Calls();
  const server = new Server({
    "grpc.max_receive_message_length": messageBytesMax,
    "grpc.max_send_message_length": messageBytesMax,
  });
  undo.defer(() => server.forceShutdown());
  addService(server, RuntimeService, runtime, calls, report);
  addService(server, ImageService, image, calls, report);
  await bind(server, socketPath);
  await Deno.chmod(socketPath, 0o600);

  const claim = undo.move();
  let closing: Promise<void> | undefined;
  return {
    socketPath,
    close: (gracePeriodMs) => closing ??= close(server, calls, claim, gracePeriodMs),
  };
}

type AnyHandler = UnaryHandler<DescMethod> & StreamHandler<DescMethod>;

function addService(
  server: Server,
  service: DescService,
  handlers: object,
  calls: Calls,
  report: Report,
): void {
  const named = handlers as Readonly<Record<string, AnyHandler | undefined>>;
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const handler = named[method.localName];
    implementation[method.name] = adapt(method, handler, calls, report);
  }
  server.addService(definitionOf(service), implementation);
}

function adapt(
  method: DescMethod,
  handler: AnyHandler | undefined,
  calls: Calls,
  report: Report,
): UntypedHandleCall {
  const refuse = () => {
    throw new RuntimeError("UNIMPLEMENTED", `${method.name} is not implemented`);
  };
  return method.methodKind === "server_streaming"
    ? stream(method, handler ?? refuse, calls, report)
    : unary(method, handler ?? refuse, calls, report);
}

async function bind(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
    if (error !== null) return reject(error);
    // No client can have connected yet.
    http2ServersOf(server).forEach(destroyAfterReading);
    resolve();
  });
  await promise;
}

/** grpc-js 1.14 keeps them to itself. */
function http2ServersOf(server: Server): Http2Server[] {
  const servers: ReadonlyMap<Http2Server, unknown> = server["http2Servers"];
  return [...servers.keys()];
}

async function close(
  server: Server,
  calls: Calls,
  claim: AsyncDisposable,
  gracePeriodMs: number,
): Promise<void> {
  await using _claim = claim;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  server.tryShutdown(() => resolve());
  calls.endStreams(new RuntimeError("UNAVAILABLE", "the daemon is shutting down"));
  await atMost(ended, gracePeriodMs);
  server.forceShutdown();
  await atMost(calls.idle(), gracePeriodMs);
}

async function atMost(promise: Promise<void>, ms: number): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
