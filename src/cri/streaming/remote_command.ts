import type { ClientStreams } from "../../container/client_streams.ts";
import type { ByteSink } from "../../kernel/streams.ts";
import { type CommandStatus, errorStatus, exitStatus, statusBytes } from "./command_status.ts";
import type { CommandRequest } from "./requests.ts";
import { lastWords, reportFailure, type Visit } from "./visit.ts";

/** What of a client's connection a command or an attachment has. */
export interface CommandConnection {
  readonly streams: ClientStreams;
  /** Where the client reads how it ended. */
  readonly error: ByteSink;
  /** Of the protocol, from 1. */
  readonly version: number;
}

/** Does what a client has asked for, and tells it how that ended, after all output. Never rejects. */
export async function serveCommand(
  visit: Visit,
  request: CommandRequest,
  connection: CommandConnection,
): Promise<void> {
  const status = await statusAfter(visit, request, connection.streams);
  connection.streams.stdout?.end();
  connection.streams.stderr?.end();
  await tellStatus(visit, status, connection.error, connection.version);
}

/** Tells a client how what it has asked for ended, if it is still there. Never rejects. */
export async function tellStatus(
  visit: Visit,
  status: CommandStatus,
  error: ByteSink,
  version: number,
): Promise<void> {
  using context = lastWords(visit);
  try {
    await error.write(statusBytes(status, version), context);
  } catch {
    // It has gone, or does not listen.
  }
  error.end();
}

async function statusAfter(
  visit: Visit,
  request: CommandRequest,
  streams: ClientStreams,
): Promise<CommandStatus> {
  const { operations, context } = visit;
  try {
    if (request.kind === "exec") {
      const { containerId, command, tty } = request;
      return exitStatus(await operations.exec({ containerId, command, tty }, streams, context));
    }
    await operations.attach(request.containerId, streams, context);
    return exitStatus(0);
  } catch (error) {
    reportFailure(visit, request.kind, error, context);
    return errorStatus(error);
  }
}
