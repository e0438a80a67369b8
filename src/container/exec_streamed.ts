import { joined } from "../bytes.ts";
import { resultsOf } from "../kernel/all_of.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ChildProcess, ChildStreams } from "../kernel/processes.ts";
import { pump } from "../kernel/pump.ts";
import { shared } from "../kernel/shared_memory.ts";
import type { ByteSink, ByteSource, PacketSocket } from "../kernel/streams.ts";
import { ATTACH_PIPE, START_PIPE, SYNC_PIPE } from "../oci/conmon.ts";
import { readableMessage } from "../oci/runc.ts";
import type { Runtime } from "../runtime.ts";
import { textOf } from "../utf8.ts";
import { relay } from "./attachment.ts";
import { type ClientStreams, give } from "./client_streams.ts";
import { type ExecRequest, execTarget, Execution } from "./execution.ts";

/** How a command is to be run, and for whom. */
interface Session {
  readonly runtime: Runtime;
  readonly exec: Execution;
  readonly streams: ClientStreams;
  readonly context: Context;
}

/** Kept of what an OCI runtime says when it cannot execute a command. */
const WORDS_BYTES_MAX = 4_096;
const ANSWER_MS = 30_000;

/**
 * Whether a command could be executed in a container now: what CRI Exec answers before anything runs.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it does not run; INVALID_ARGUMENT for an
 * empty command.
 */
export function checkExec(runtime: Runtime, request: ExecRequest): void {
  execTarget(runtime, request);
}

/**
 * Runs a command in a container to its end, with a client's streams as its own. Whatever it has printed by then
 * is passed on, however long the client takes for that; for what a descendant prints that holds its output
 * (RACES.md W22) only as long as there is something every `execDrainMs`.
 *
 * @returns its exit code, 128+n for signal n
 * @throws {RuntimeError} as {@linkcode checkExec}; UNKNOWN when it cannot be executed; the context's cause, and
 * the command was killed then.
 */
export async function execStreamed(
  runtime: Runtime,
  request: ExecRequest,
  streams: ClientStreams,
  context: Context,
): Promise<number> {
  return await runtime.life.serve(() => execute(runtime, request, streams, context));
}

async function execute(
  runtime: Runtime,
  request: ExecRequest,
  streams: ClientStreams,
  context: Context,
): Promise<number> {
  const { container, sandbox } = execTarget(runtime, request);
  using pass = sandbox.gate.enter(context);
  await using exec = new Execution(runtime, container, request);
  await exec.prepare();
  runtime.kernel.cgroups.expectMove();
  const session = { runtime, exec, streams, context: pass.context };
  return request.tty ? await runWithTerminal(session) : await runWithPipes(session);
}

/** The command has the pipes themselves: conmon passes them through. */
async function runWithPipes({ runtime, exec, streams, context }: Session): Promise<number> {
  const { kernel, config } = runtime;
  using child = await exec.inBundle(() =>
    kernel.processes.spawn(exec.command, {
      ...{ outputBytesMax: 0, isStreamed: true },
      childWrites: [SYNC_PIPE],
    })
  );
  using command = context.child();
  const words = new Words();
  const { stdin, stdout, stderr } = child.streams as ChildStreams;
  const { execDrainMs: drainMs } = config.bounds;
  // Who takes no output any more has no use for the command: what fails first ends the others.
  const [end] = await resultsOf(
    context,
    async (client) => {
      try {
        return await exec.end(child, 0, client);
      } finally {
        command.cancel();
      }
    },
    (client) => passOutput({ kernel, command, client, drainMs }, stdout, streams.stdout),
    async (client) => {
      // Up to then it is the OCI runtime that speaks.
      const { kind } = await exec.answer(child, client);
      const reading = { kernel, command, client, drainMs };
      await passOutput(reading, stderr, kind === "failed" ? words : streams.stderr);
    },
    async () => {
      if (streams.stdin === undefined) return stdin.end();
      // Without effect on the session: a command need not read.
      await pump(streams.stdin, stdin, command).catch(() => {});
    },
  );
  return exec.codeOf(end, readableMessage(words.text));
}

/** What is read from a command: at first until it ends. */
interface Reading {
  readonly kernel: Kernel;
  /** Ends with the command. */
  readonly command: Context;
  /** Ends with the client. */
  readonly client: Context;
  readonly drainMs: number;
}

/** Passes on what a command prints; what nobody wants is read all the same, since the command would wait. */
async function passOutput(
  reading: Reading,
  from: ByteSource,
  to: ByteSink | undefined,
): Promise<void> {
  for (let bytes; (bytes = await nextOf(reading, from)) !== undefined;) {
    if (to !== undefined) await give(to, bytes, reading.client);
  }
}

/** Undefined at the end, or when the command has ended and nothing comes any more. */
async function nextOf(
  { kernel, command, client, drainMs }: Reading,
  from: ByteSource,
): Promise<Uint8Array | undefined> {
  if (command.cause === undefined) {
    try {
      return await from.read(command);
    } catch (error) {
      if (client.cause !== undefined || command.cause === undefined) throw error;
    }
  }
  using soon = client.within(kernel.clock, drainMs, "output of exec");
  try {
    return await from.read(soon);
  } catch (error) {
    if (client.cause !== undefined || soon.cause === undefined) throw error;
    return undefined;
  }
}

/** Keeps what an OCI runtime says when it cannot execute a command, the first of it. */
class Words implements ByteSink {
  @shared
  accessor #kept: Uint8Array = new Uint8Array();

  get text(): string {
    return textOf(this.#kept).trim();
  }

  write(bytes: Uint8Array): Promise<void> {
    const room = WORDS_BYTES_MAX - this.#kept.length;
    if (room > 0) this.#kept = joined([this.#kept, bytes.subarray(0, room)]);
    return Promise.resolve();
  }

  end(): void {}
}

/** conmon holds the terminal, and gives it out on a socket. */
async function runWithTerminal({ runtime, exec, streams, context }: Session): Promise<number> {
  const { kernel } = runtime;
  await exec.inBundle(() => kernel.files.mkdir(exec.consoleFolder));
  using child = await exec.inBundle(() =>
    kernel.processes.spawn(exec.command, {
      outputBytesMax: WORDS_BYTES_MAX,
      childReads: [START_PIPE],
      childWrites: [SYNC_PIPE, ATTACH_PIPE],
    })
  );
  const [end] = await resultsOf(
    context,
    (client) => exec.end(child, 0, client),
    (client) => relayTerminal({ runtime, exec, streams, context: client }, child),
  );
  return exec.codeOf(end, end.start.kind === "failed" ? end.start.message : "");
}

/** Returns when conmon has ended. The command is begun once somebody reads what it prints. */
async function relayTerminal(session: Session, conmon: ChildProcess): Promise<void> {
  const { runtime: { kernel, config }, exec, streams, context } = session;
  using socket = await openTerminal(session, conmon);
  // conmon has ended before, and its end says why.
  if (socket === undefined) return;
  const console = { socket, control: `${exec.consoleFolder}/ctl` };
  const { backlogBytesMax } = config.bounds;
  await relay(kernel, console, streams, { takesInput: true, backlogBytesMax }, context);
}

/** Undefined when conmon has ended. */
async function openTerminal(
  { runtime: { kernel }, exec, context }: Session,
  conmon: ChildProcess,
): Promise<PacketSocket | undefined> {
  let socket: PacketSocket | undefined;
  try {
    await conmon.sendPipe(START_PIPE, "\n");
    using soon = context.within(kernel.clock, ANSWER_MS, "terminal of exec");
    if (await conmon.readPipeLine(ATTACH_PIPE, soon) === "") return undefined;
    socket = await kernel.files.connect(`${exec.consoleFolder}/attach`);
    await conmon.writePipe(START_PIPE, "\n");
    return socket;
  } catch (error) {
    socket?.[Symbol.dispose]();
    if (hasErrno(error, "EPIPE", "ENOENT", "ECONNREFUSED")) return undefined;
    throw error;
  }
}
