import type { MessageInitShape } from "@bufbuild/protobuf";

import type { LifecycleEvent, Subscription } from "../events.ts";
import type { Context } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { sandboxStatusMessage } from "./codec/sandbox.ts";
import { nanos } from "./codec/values.ts";
import { type ContainerEventResponseSchema, ContainerEventType } from "./gen/v1_pb.ts";
import { statusesOf } from "./statuses.ts";

type EventMessage = MessageInitShape<typeof ContainerEventResponseSchema>;

/**
 * CRI GetContainerEvents: every event from this call on, each with the states of its pod as they are
 * when it is sent. Ends with the client, or the runtime. A client that reads too slowly misses events.
 */
export function containerEvents(runtime: Runtime, context: Context): AsyncIterable<EventMessage> {
  return messagesOf(runtime, runtime.events.subscribe(), context);
}

async function* messagesOf(
  runtime: Runtime,
  subscription: Subscription,
  context: Context,
): AsyncGenerator<EventMessage> {
  using _subscription = subscription;
  const leave = () => subscription[Symbol.dispose]();
  using _client = context.onCancel(leave);
  using _runtime = runtime.life.onCancel(leave);
  while (true) {
    const event = await subscription.next();
    if (event === undefined) break;
    yield eventMessage(runtime, event);
  }
  runtime.life.throwIfCancelled();
}

function eventMessage(
  runtime: Runtime,
  { type, id, sandboxId, at }: LifecycleEvent,
): EventMessage {
  const sandbox = runtime.sandboxes.get(sandboxId);
  return {
    containerId: id,
    containerEventType: ContainerEventType[`CONTAINER_${type}_EVENT`],
    createdAt: nanos(at),
    ...(sandbox === undefined ? {} : { podSandboxStatus: sandboxStatusMessage(sandbox) }),
    containersStatuses: statusesOf(runtime, sandboxId),
  };
}
