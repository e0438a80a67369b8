import { attach } from "../../container/attach.ts";
import type { ClientStreams } from "../../container/client_streams.ts";
import { execStreamed } from "../../container/exec_streamed.ts";
import type { ExecRequest } from "../../container/execution.ts";
import type { Context } from "../../kernel/context.ts";
import type { Runtime } from "../../runtime.ts";
import { type ForwardedConnection, forwardPort } from "../../sandbox/port_forward.ts";

/** What clients stream with. Each ends soon after its context, whatever the client does. */
export interface StreamOperations {
  /** Runs a command to its end. @returns its exit code */
  exec(request: ExecRequest, streams: ClientStreams, context: Context): Promise<number>;
  /** Connects a client to a container's program until either ends. */
  attach(containerId: string, streams: ClientStreams, context: Context): Promise<void>;
  /** Connects a client to a port of a pod until both directions have ended. */
  forwardPort(
    podSandboxId: string,
    port: number,
    connection: ForwardedConnection,
    context: Context,
  ): Promise<void>;
}

/** The core's. Each asks `source` first, which throws before recovery is complete. */
export function streamOperations(source: () => Runtime): StreamOperations {
  return {
    exec: async (request, streams, context) =>
      await execStreamed(source(), request, streams, context),
    attach: async (containerId, streams, context) =>
      await attach(source(), containerId, streams, context),
    forwardPort: async (podSandboxId, port, connection, context) =>
      await forwardPort(source(), podSandboxId, port, connection, context),
  };
}
