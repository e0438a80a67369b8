import {
  create,
  type DescMessage,
  type DescMethod,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";
import { type CallOptions, Client, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { assert } from "@std/assert";

import { definitionOf, type MessageMethod } from "../../src/cri/definition.ts";
import { ImageService, RuntimeService } from "../../src/cri/gen/v1_pb.ts";

/** How long a client waits, and how it changes its mind. */
export interface ClientCallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The answers of a stream, in order. Leaving the loop cancels the call. */
export type ClientStream<Answer> = AsyncIterable<Answer> & {
  cancel(): void;
  /** Resolves when the server serves it: what happens from then on is in it. */
  readonly served: Promise<void>;
};

/** Both services of a CRI server, a method for each call. Refusals are grpc-js's `ServiceError`. */
export type CriClient =
  & Methods<typeof RuntimeService>
  & Methods<typeof ImageService>
  & Disposable
  & { close(): void };

type Methods<Service> = Service extends GenService<infer Shapes extends GenServiceMethods>
  ? { readonly [Name in keyof Shapes]: Method<Shapes[Name]> }
  : never;

type Method<Shape extends Pick<DescMethod, "input" | "output" | "methodKind">> = (
  request?: MessageInitShape<Shape["input"]>,
  options?: ClientCallOptions,
) => Shape["methodKind"] extends "server_streaming" ? ClientStream<MessageShape<Shape["output"]>>
  : Promise<MessageShape<Shape["output"]>>;

/** More than any answer here is: 64 MiB. */
const messageBytesMax = 64 * 1024 * 1024;

/** Connects to the CRI server on the unix socket at `socketPath`, at the first call. */
export function connect(socketPath: string): CriClient {
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": messageBytesMax,
    "grpc.max_send_message_length": messageBytesMax,
    // Each client has a connection of its own, and a server that came back is found at once.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 10,
    "grpc.max_reconnect_backoff_ms": 100,
  });
  const methods: Record<string, unknown> = {};
  for (const service of [RuntimeService, ImageService]) {
    const definition = definitionOf(service);
    for (const method of service.methods) {
      const wire = definition[method.name];
      assert(wire !== undefined);
      methods[method.localName] = method.methodKind === "server_streaming"
        ? streamingMethod(client, method.input, wire)
        : unaryMethod(client, method.input, wire);
    }
  }
  const close = () => client.close();
  return { ...methods, close, [Symbol.dispose]: close } as CriClient;
}

function unaryMethod(client: Client, input: DescMessage, wire: MessageMethod) {
  return (request: MessageInitShape<DescMessage> = {}, options: ClientCallOptions = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<Message | undefined>();
    const call = client.makeUnaryRequest(
      wire.path,
      wire.requestSerialize,
      wire.responseDeserialize,
      create(input, request),
      callOptions(options),
      (error, answer) => error === null ? resolve(answer) : reject(error),
    );
    cancelOn(options.signal, call);
    return promise;
  };
}

function streamingMethod(client: Client, input: DescMessage, wire: MessageMethod) {
  return (request: MessageInitShape<DescMessage> = {}, options: ClientCallOptions = {}) => {
    const call = client.makeServerStreamRequest(
      wire.path,
      wire.requestSerialize,
      wire.responseDeserialize,
      create(input, request),
      callOptions(options),
    );
    cancelOn(options.signal, call);
    return answersOf(call);
  };
}

/**
 * Reads one answer at a time, so that a slow reader slows the server down. A Readable's own iterator
 * would throw away what was read when the call then fails.
 */
function answersOf(call: ClientReadableStream<Message>): ClientStream<Message> {
  let failure: Error | undefined;
  const served = Promise.withResolvers<void>();
  served.promise.catch(() => {});
  call.on("metadata", () => served.resolve());
  call.on("error", (error) => {
    failure = error;
    served.reject(error);
  });
  async function* read() {
    const answers: Message[] = [];
    let isOver = false;
    let changed = Promise.withResolvers<void>();
    call.on("data", (answer) => {
      answers.push(answer);
      call.pause();
      changed.resolve();
    });
    call.on("end", () => {
      isOver = true;
      changed.resolve();
    });
    try {
      while (true) {
        await changed.promise;
        changed = Promise.withResolvers();
        yield* answers.splice(0);
        if (isOver) break;
        call.resume();
      }
      if (failure !== undefined) throw failure;
    } finally {
      call.cancel();
    }
  }
  return { cancel: () => call.cancel(), served: served.promise, [Symbol.asyncIterator]: read };
}

function callOptions({ timeoutMs }: ClientCallOptions): CallOptions {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): void {
  if (signal?.aborted) call.cancel();
  else signal?.addEventListener("abort", () => call.cancel(), { once: true });
}
