import { assert } from "@std/assert";
import { RuntimeError } from "../errors.ts";
import { allOf } from "../kernel/all_of.ts";
import { type Context, firstOf } from "../kernel/context.ts";
import { tolerate } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ChildProcess, Command } from "../kernel/processes.ts";
import { pump } from "../kernel/pump.ts";
import { killed } from "../kernel/run.ts";
import type { ByteSink, ByteSource } from "../kernel/streams.ts";
import type { Runtime } from "../runtime.ts";
import { textOf } from "../utf8.ts";
import { isReady } from "./query.ts";
import type { Sandbox } from "./sandbox.ts";
import { LOOPBACKS, refusalIn, saysConnected, socatCommand } from "./socat.ts";

/** Both directions of a connection to a port. */
export interface ForwardedConnection {
  readonly fromClient: ByteSource;
  readonly toClient: ByteSink;
}

/** Kept of what socat says until it is connected. */
const SAID_CHARACTERS_MAX = 4_096;
/** For what socat says later, of connections that end. */
const NOWHERE: ByteSink = { write: () => Promise.resolve(), end: () => {} };

/** Whether TCP has such a port that one can connect to. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/**
 * Whether ports of a pod could be reached now: what CRI PortForward answers.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it is not ready.
 */
export function checkPortForward(runtime: Runtime, podSandboxId: string): void {
  const sandbox = runtime.sandboxes.find(podSandboxId);
  if (!isReady(sandbox)) throw new RuntimeError("FAILED_PRECONDITION", sandbox.gate.refusal);
}

/**
 * Connects a client to a TCP port on a pod's loopback, until both directions have ended. Each of them may end
 * before the other. Once it is connected, whatever ends the connection at the port is an end as any other. A
 * stop of the pod waits for no client: it cuts the connection off.
 *
 * @throws {RuntimeError} UNAVAILABLE with a reason for people when nobody listens there; NOT_FOUND;
 * FAILED_PRECONDITION when the pod is not ready, also when that comes meanwhile; INVALID_ARGUMENT for what is no
 * port; the context's cause. What the client's streams throw: nothing is connected any more then.
 */
export async function forwardPort(
  runtime: Runtime,
  podSandboxId: string,
  port: number,
  connection: ForwardedConnection,
  context: Context,
): Promise<void> {
  await runtime.life.serve(() => forward(runtime, podSandboxId, port, connection, context));
}

async function forward(
  runtime: Runtime,
  podSandboxId: string,
  port: number,
  connection: ForwardedConnection,
  context: Context,
): Promise<void> {
  const sandbox = runtime.sandboxes.find(podSandboxId);
  if (!isPort(port)) {
    throw new RuntimeError("INVALID_ARGUMENT", `port ${port} is not from 1 to 65535`);
  }
  using pass = sandbox.gate.enter(context);
  using wanted = pass.context.child();
  // Its client may be no call of the server, which would be cancelled.
  using _end = runtime.life.onCancel((cause) => wanted.cancel(cause));
  await connect(runtime, sandbox, port, connection, wanted);
}

/** By one loopback after the other: of the client nothing is taken before somebody has answered. */
async function connect(
  { kernel, config }: Runtime,
  { record }: Sandbox,
  port: number,
  connection: ForwardedConnection,
  context: Context,
): Promise<void> {
  const refusals: string[] = [];
  for (const loopback of LOOPBACKS) {
    const socat = socatCommand(config, record, loopback, port);
    const refusal = await forwardWith(kernel, socat, connection, context);
    if (refusal === undefined) return;
    refusals.push(`${loopback}: ${refusal}`);
  }
  throw new RuntimeError(
    "UNAVAILABLE",
    `Cannot connect to port ${port} of sandbox "${record.id}": ${refusals.join("; ")}`,
  );
}

/** @returns why it could not connect, or undefined when it has, and all is over */
async function forwardWith(
  kernel: Kernel,
  socat: Command,
  connection: ForwardedConnection,
  context: Context,
): Promise<string | undefined> {
  context.throwIfCancelled();
  using child = await kernel.processes.spawn(socat, { outputBytesMax: 0, isStreamed: true });
  try {
    const refusal = await refusalOf(child, context);
    if (refusal === undefined) await carry(child, connection, context);
    await child.exited(context);
    return refusal;
  } catch (error) {
    await killed(kernel, child);
    throw error;
  }
}

/** Waits until socat is connected, or has ended and said why. */
async function refusalOf(child: ChildProcess, context: Context): Promise<string | undefined> {
  const { stderr } = streamsOf(child);
  let said = "";
  while (true) {
    const bytes = await stderr.read(context);
    if (bytes === undefined) return refusalIn(said);
    said = (said + textOf(bytes)).slice(-SAID_CHARACTERS_MAX);
    if (saysConnected(said)) return undefined;
  }
}

async function carry(
  child: ChildProcess,
  { fromClient, toClient }: ForwardedConnection,
  context: Context,
): Promise<void> {
  const { stdout, stderr } = streamsOf(child);
  await allOf(
    context,
    (both) => send(child, fromClient, both),
    (both) => pump(stdout, toClient, both),
    (both) => pump(stderr, NOWHERE, both),
  );
}

/** Until the client has said all, or nobody takes it any more. */
async function send(child: ChildProcess, fromClient: ByteSource, context: Context): Promise<void> {
  const { stdin } = streamsOf(child);
  await firstOf<unknown>(
    context,
    (race) => child.exited(race),
    (race) => tolerate(pump(fromClient, stdin, race), "EPIPE"),
  );
}

function streamsOf({ streams }: ChildProcess): NonNullable<ChildProcess["streams"]> {
  assert(streams !== undefined, "socat's streams are open");
  return streams;
}
