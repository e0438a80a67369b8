import { allOf } from "../kernel/all_of.ts";
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
  const { stdin, sizes } = streams;
  const backlog = new Backlog(backlogBytesMax);
  using open = context.child();
  await allOf(
    context,
    async (session) => {
      try {
        await listen(kernel, socket, streams, backlog, program, session);
      } finally {
        open.cancel();
      }
    },
    (session) => backlog.passOn(session),
    // None of these ends the session: a program may go on without input, and with any size.
    async () => {
      if (stdin !== undefined && takesInput) await quietly(sendInput(stdin, socket, open));
    },
    async () => {
      if (sizes !== undefined) await quietly(passSizes(kernel, sizes, control, open));
    },
    async () => {
      if (program !== undefined) await quietly(program.ended(open).then(() => backlog.lift()));
    },
  );
}

/** Takes what is printed, to its end, as fast as there is room for it. */
async function listen(
  kernel: Kernel,
  socket: PacketSocket,
  streams: ClientStreams,
  backlog: Backlog,
  program: AttachmentOptions["program"],
  session: Context,
): Promise<void> {
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
}

async function quietly(work: Promise<void>): Promise<void> {
  await work.catch(() => {});
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
