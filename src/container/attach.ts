import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { PacketSocket } from "../kernel/streams.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import { openIfPresent } from "../task/task.ts";
import { relay } from "./attachment.ts";
import type { ClientStreams } from "./client_streams.ts";
import type { Container } from "./container.ts";

/**
 * Whether a client could be attached to a container now: what CRI Attach answers before it is.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it does not run.
 */
export function checkAttach(runtime: Runtime, containerId: string): void {
  attachable(runtime, containerId);
}

/**
 * Connects a client to the program of a container, until that has ended. Whatever is printed also goes to the
 * log. A client that takes nothing for `attachStallMs` is cut off, since the program would wait for it.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when it does not run, or its conmon is gone;
 * DEADLINE_EXCEEDED when it is cut off; the context's cause.
 */
export async function attach(
  runtime: Runtime,
  containerId: string,
  streams: ClientStreams,
  context: Context,
): Promise<void> {
  await runtime.life.serve(() => connect(runtime, containerId, streams, context));
}

async function connect(
  runtime: Runtime,
  containerId: string,
  streams: ClientStreams,
  context: Context,
): Promise<void> {
  const { kernel, config } = runtime;
  const container = attachable(runtime, containerId);
  const { attach, control } = taskPaths(config, container.id);
  using init = await openIfPresent(kernel, container.task?.init.identity);
  using socket = await socketOf(runtime, container, attach);
  const { attachStallMs, backlogBytesMax } = config.bounds;
  const program = {
    stallMs: attachStallMs,
    ended: async (context: Context) => void await init?.exited(context),
  };
  const takesInput = container.record.config.stdin;
  const options = { takesInput, backlogBytesMax, program };
  await relay(kernel, { socket, control }, streams, options, context);
}

function attachable(runtime: Runtime, containerId: string): Container {
  const container = runtime.containers.find(containerId);
  const { state } = container.status;
  if (state === "RUNNING") return container;
  throw refused(container, `container is in CONTAINER_${state} state`);
}

async function socketOf(
  runtime: Runtime,
  container: Container,
  path: string,
): Promise<PacketSocket> {
  try {
    return await runtime.kernel.files.connect(path);
  } catch (error) {
    if (!hasErrno(error, "ENOENT", "ECONNREFUSED")) throw error;
    // Both end together, and this may be the first to see it.
    throw refused(attachable(runtime, container.id), "its conmon is gone", error);
  }
}

function refused({ id }: Container, why: string, cause?: unknown): RuntimeError {
  return new RuntimeError("FAILED_PRECONDITION", `Cannot attach to container "${id}": ${why}`, {
    cause,
  });
}
