import { messageOf } from "../../errors.ts";
import type { Context } from "../../kernel/context.ts";
import type { ByteSink } from "../../kernel/streams.ts";
import type { ForwardedConnection } from "../../sandbox/port_forward.ts";
import { lastWords, reportFailure, type Visit } from "./visit.ts";

/** One connection of a client to a port of a pod. */
export interface PortConnection extends ForwardedConnection {
  readonly podSandboxId: string;
  readonly port: number;
  /** Where the client reads why the connection cannot be had. */
  readonly error: ByteSink;
}

/**
 * Connects a client to a port until both directions have ended, and tells it what goes wrong. Never
 * rejects. @returns whether all went well
 */
export async function servePort(
  visit: Visit,
  connection: PortConnection,
  context: Context,
): Promise<boolean> {
  const { podSandboxId, port, toClient, error: errorSink } = connection;
  try {
    await visit.operations.forwardPort(podSandboxId, port, connection, context);
    toClient.end();
    errorSink.end();
    return true;
  } catch (error) {
    // Clients take the stream back when they have all that they want. Told of an error, they would hang up.
    if (context.cause?.code === "CANCELLED") {
      errorSink.end();
      return false;
    }
    reportFailure(visit, "portforward", error, context);
    const text = `Cannot forward port ${port} of pod "${podSandboxId}": ${messageOf(error)}`;
    await tellError(visit, errorSink, text);
    return false;
  }
}

/** Tells a client what went wrong, if it is still there. Never rejects. */
export async function tellError(visit: Visit, error: ByteSink, text: string): Promise<void> {
  using words = lastWords(visit);
  try {
    await error.write(new TextEncoder().encode(text), words);
  } catch {
    // It has gone, or does not listen.
  }
  error.end();
}
