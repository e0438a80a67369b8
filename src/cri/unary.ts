import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";

import { contextOf } from "./call.ts";
import type { Calls } from "./calls.ts";
import { Encoded } from "./encoded.ts";
import type { Report, UnaryHandler } from "./handlers.ts";
import { isUnexpected, statusOf } from "./status_codes.ts";

/** Adapts a handler of one call and one answer to grpc-js. */
export function unary(
  method: DescMethod,
  handler: UnaryHandler<DescMethod>,
  calls: Calls,
  report: Report,
): handleUnaryCall<Message, Message | Encoded> {
  return (call, answer) => void calls.own(respond(call, answer));

  async function respond(
    call: ServerUnaryCall<Message, Message | Encoded>,
    answer: sendUnaryData<Message | Encoded>,
  ): Promise<void> {
    using context = contextOf(call);
    try {
      const found = await handler(call.request, context);
      answer(null, found instanceof Encoded ? found : create(method.output, found));
    } catch (error) {
      if (isUnexpected(error)) report(method.name, error);
      answer(statusOf(error));
    }
  }
}
