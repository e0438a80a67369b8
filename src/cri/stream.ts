import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { type handleServerStreamingCall, Metadata, type ServerWritableStream } from "@grpc/grpc-js";

import type { Context } from "../kernel/context.ts";
import { contextOf } from "./call.ts";
import type { Calls } from "./calls.ts";
import type { Report, StreamHandler } from "./handlers.ts";
import { isUnexpected, statusOf } from "./status_codes.ts";

type Call = ServerWritableStream<Message, Message>;

/** Adapts a handler of one call and many answers to grpc-js. */
export function stream(
  method: DescMethod,
  handler: StreamHandler<DescMethod>,
  calls: Calls,
  report: Report,
): handleServerStreamingCall<Message, Message> {
  return (call) => void calls.own(pump(call));

  async function pump(call: Call): Promise<void> {
    using context = contextOf(call);
    using _stream = calls.openStream(context);
    try {
      const answers = handler(call.request, context);
      // A client that has the headers knows that it misses nothing from now on.
      call.sendMetadata(new Metadata());
      for await (const answer of answers) {
        context.throwIfCancelled();
        if (!call.write(create(method.output, answer))) await drained(call, context);
      }
      context.throwIfCancelled();
      call.end();
    } catch (error) {
      if (isUnexpected(error)) report(method.name, error);
      call.emit("error", statusOf(error));
    }
  }
}

/** A client that went away never drains, so the end of the context counts as well. */
async function drained(call: Call, context: Context): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  call.once("drain", resolve);
  using _listener = context.onCancel(() => resolve());
  await promise;
}
