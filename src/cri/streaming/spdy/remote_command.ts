import { assert } from "@std/assert";

import { waitFor } from "../../../kernel/context.ts";
import { errorStatus } from "../command_status.ts";
import { type CommandConnection, serveCommand, tellStatus } from "../remote_command.ts";
import type { CommandRequest } from "../requests.ts";
import { ToldSizes } from "../terminal_sizes.ts";
import { lastWords, type Visit } from "../visit.ts";
import { SpdySession } from "./session.ts";
import type { SpdyStream } from "./stream.ts";

const types = ["error", "stdin", "stdout", "stderr", "resize"] as const;

type StreamType = typeof types[number];

/** Serves a command or an attachment over SPDY, in the given version of the protocol. Never rejects. */
export async function serveSpdyCommand(
  visit: Visit,
  request: CommandRequest,
  version: number,
): Promise<void> {
  const arrivals = new Arrivals(wantedTypes(request, version));
  const session = new SpdySession({
    wire: visit.socket,
    context: visit.context,
    clock: visit.clock,
    onStream: (stream) => arrivals.take(stream),
  });
  await serveArrived(visit, request, arrivals, version);
  using context = lastWords(visit);
  await session.close(context);
}

async function serveArrived(
  visit: Visit,
  request: CommandRequest,
  arrivals: Arrivals,
  version: number,
): Promise<void> {
  try {
    await arrivals.complete(visit);
  } catch (error) {
    const stream = arrivals.get("error");
    if (stream !== undefined) await tellStatus(visit, errorStatus(error), stream, version);
    return;
  }
  await serveCommand(visit, request, connectionOf(arrivals, version));
}

/** The streams that a client opens, each with its type in a header; the order is its own. */
class Arrivals {
  readonly #wanted: ReadonlySet<StreamType>;
  readonly #streams = new Map<StreamType, SpdyStream>();
  readonly #complete = Promise.withResolvers<void>();

  constructor(wanted: ReadonlySet<StreamType>) {
    this.#wanted = wanted;
  }

  /** Whether it is a stream of a known type, and the first. One that nobody wants is not read. */
  take(stream: SpdyStream): boolean {
    const type = types.find((it) => it === stream.headers.get("streamtype"));
    if (type === undefined || this.#streams.has(type)) return false;
    this.#streams.set(type, stream);
    if (!this.#wanted.has(type)) stream.inbox.discard();
    if (this.#wanted.isSubsetOf(new Set(this.#streams.keys()))) this.#complete.resolve();
    return true;
  }

  /** Resolves once all that are wanted have come. @throws {RuntimeError} */
  async complete({ clock, context, creationMs }: Visit): Promise<void> {
    using bounded = context.within(clock, creationMs, "streams that the client opens");
    await waitFor(this.#complete.promise, bounded);
  }

  /** The stream of this type, if it is wanted and has come. */
  get(type: StreamType): SpdyStream | undefined {
    return this.#wanted.has(type) ? this.#streams.get(type) : undefined;
  }
}

/** Sizes came with the third version. */
function wantedTypes(request: CommandRequest, version: number): ReadonlySet<StreamType> {
  const { stdin, stdout, stderr, tty } = request;
  const isWanted = { error: true, stdin, stdout, stderr, resize: tty && version >= 3 };
  return new Set(types.filter((it) => isWanted[it]));
}

function connectionOf(arrivals: Arrivals, version: number): CommandConnection {
  const error = arrivals.get("error");
  assert(error !== undefined, "Errors have a stream, whatever else is wanted");
  const resize = arrivals.get("resize");
  return {
    streams: {
      stdin: arrivals.get("stdin"),
      stdout: arrivals.get("stdout"),
      stderr: arrivals.get("stderr"),
      sizes: resize === undefined ? undefined : new ToldSizes(resize),
    },
    error,
    version,
  };
}
