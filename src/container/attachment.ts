import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ByteSource, PacketSocket, TerminalSizes } from "../kernel/streams.ts";
import { ATTACH_PACKET_BYTES_MAX, outputOf, resizeRequest } from "../oci/conmon.ts";
import { Backlog } from "./backlog.ts";
import type { ClientStreams } from "./client_streams.ts";

/** Where a conmon gives out the streams of what it supervises. */
export interface Console {
  readonly socket: PacketSocket;
  /** Its control fifo. */
  readonly control: string;
}

/** How a client is connected to a console. */
export interface AttachmentOptions {
  /** Whether what the client sends reaches a program. */
  readonly takesInput: boolean;
  /** What is kept of what was printed for a client that is slow. */
  readonly backlogBytesMax: number;
  /** What nobody may hold up for long. */
  readonly program?: {
    /** For how long the client may take nothing of what it prints, in milliseconds. */
    readonly stallMs: number;
    /** Resolves when it has ended. */
    ended(context: Context): Promise<void>;
  };
}

/**
 * Connects a client to a console until that ends: whoever holds its other side has ended by then. What it
 * prints is taken, whether the client wants it or not, since the program would wait for that.
 *
 * conmon waits for who is attached: a client that is slow holds up the program, and its log. Once the program
 * has ended that must not be, since conmon tells of its exit code when it has passed on all (RACES.md Y6).
 *
 * @throws {RuntimeError} the context's cause; DEADLINE_EXCEEDED when the client takes nothing for too long;
 * CANCELLED when it takes nothing any more.
 */
export async function relay(
  kernel: Kernel,
  { socket, control }: Console,
  streams: ClientStreams,
  { takesInput, backlogBytesMax, program }: AttachmentOptions,
  context: Context,
): Promise<void> {
  using session = context.child();
  const { stdin, sizes } = streams;
  const backlog = new Backlog(backlogBytesMax);
  const passing = backlog.passOn(session);
  passing.catch((error) => session.cancel(lostClient(error)));
  // None of these ends the session: a program may go on without input, and with any size.
  const aside = [
    stdin === undefined || !takesInput ? undefined : sendInput(stdin, socket, session),
    sizes === undefined ? undefined : passSizes(kernel, sizes, control, session),
    program?.ended(session).then(() => backlog.lift()),
  ];
  for (const work of aside) work?.catch(() => {});
  try {
    for (let packet; (packet = await socket.read(session)) !== undefined;) {
      const output = outputOf(packet);
      const sink = output === undefined ? undefined : streams[output];
      if (sink === undefined) continue;
      backlog.add(sink, packet.subarray(1));
      using patience = program === undefined
        ? session.child()
        : session.within(kernel.clock, program.stallMs, "output to an attached client");
      await backlog.hasRoom(patience);
    }
    backlog.end();
    await passing;
  } finally {
    session.cancel();
    await Promise.allSettled([passing, ...aside]);
  }
}

/** Why a session is over whose client takes nothing any more. */
export function lostClient(error: unknown): RuntimeError {
  if (error instanceof RuntimeError) return error;
  return new RuntimeError("CANCELLED", "the client takes no output any more", { cause: error });
}

/** In packets that conmon takes whole. */
async function sendInput(from: ByteSource, to: PacketSocket, context: Context): Promise<void> {
  for (let bytes; (bytes = await from.read(context)) !== undefined;) {
    for (let rest = bytes; rest.length > 0; rest = rest.subarray(ATTACH_PACKET_BYTES_MAX)) {
      await to.write(rest.subarray(0, ATTACH_PACKET_BYTES_MAX), context);
    }
  }
  to.end();
}

async function passSizes(
  kernel: Kernel,
  sizes: TerminalSizes,
  control: string,
  context: Context,
): Promise<void> {
  for (let size; (size = await sizes.next(context)) !== undefined;) {
    try {
      await kernel.files.writeFifo(control, resizeRequest(size));
    } catch (error) {
      // conmon has ended, or has more to read than it can: the next size counts.
      if (!hasErrno(error, "ENOENT", "ENXIO", "EAGAIN")) throw error;
    }
  }
}
