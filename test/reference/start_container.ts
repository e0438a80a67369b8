import { dirname } from "@std/path";
import { START_ERROR } from "../../src/container/state.ts";
import { taskIdentity } from "../../src/container/task.ts";
import { messageOf, RuntimeError } from "../../src/errors.ts";
import type { Context } from "../../src/kernel/context.ts";
import type { TaskRequest } from "../../src/task/task.ts";
import type { Container } from "./container.ts";
import { monitorContainer } from "./exit.ts";
import { notFound } from "./meta.ts";
import type { Service } from "./service.ts";
import { stateOf, type Status } from "./status.ts";
import type { TaskEntry } from "./tasks.ts";

/**
 * StartContainer (server/container_start.go:65-195). What fails from the
 * starting flag on makes the container EXITED 128, whether its task could be deleted or not (W2).
 */
export async function startContainer(
  service: Service,
  id: string,
  context: Context,
): Promise<void> {
  const container = service.containers.find(id);
  await service.meta.get("container", container.id);
  await container.update(setStarting);
  try {
    await start(service, container, context);
  } catch (error) {
    await container.updateSync((status) => failed(status, service, error)).catch(() => {});
    throw error;
  } finally {
    await container.update((status) => ({ ...status, isStarting: false }));
  }
}

/** container_start.go, setContainerStarting: state, removing and starting, in this order. */
function setStarting(status: Status): Status {
  const refuse = (why: string) =>
    new RuntimeError("UNKNOWN", `failed to set starting state for container: ${why}`);
  const state = stateOf(status);
  if (state !== "CREATED") throw refuse(`container is in CONTAINER_${state} state`);
  if (status.isRemoving) throw refuse("container is in removing state, can't be started");
  if (status.isStarting) throw refuse("container is already in starting state");
  return { ...status, isStarting: true };
}

function failed(status: Status, { platform }: Service, error: unknown): Status {
  const finishedAt = platform.kernel.clock.nowMicros();
  return { ...status, ...START_ERROR, pid: 0, finishedAt, message: messageOf(error) };
}

async function start(service: Service, container: Container, context: Context): Promise<void> {
  const { tasks, platform } = service;
  await requireReadySandbox(service, container.sandboxId);
  const task = await createTask(service, container, context);
  try {
    const exited = tasks.wait(task);
    exited.catch(() => {});
    await tasks.start(task, context);
    const startedAt = platform.kernel.clock.nowMicros();
    await container.updateSync((status) => ({ ...status, pid: task.pid, startedAt }));
    monitorContainer(service, container, exited);
  } catch (error) {
    await rollBack(service, task);
    throw error;
  }
  await service.events.send("STARTED", container.id, container.sandboxId);
}

/** Asked once: the sandbox may be stopped right after (W4a; container_start.go:89). */
async function requireReadySandbox({ meta, sandboxes }: Service, id: string): Promise<void> {
  const sandbox = sandboxes.get(id);
  if (sandbox === undefined) throw notFound(`sandbox "${id}" not found`);
  await meta.ask();
  if (sandbox.state === "READY") return;
  throw new RuntimeError("UNKNOWN", `sandbox container "${id}" is not running`);
}

async function createTask(
  { platform, tasks }: Service,
  { record }: Container,
  context: Context,
): Promise<TaskEntry> {
  const { stdin, stdinOnce, tty } = record.config;
  if (record.logPath !== "/dev/null") {
    await platform.kernel.files.mkdir(dirname(record.logPath), 0o755);
  }
  const request: TaskRequest = {
    ...taskIdentity(platform, record),
    terminal: tty,
    stdin,
    keepsStdin: stdin && !stdinOnce,
    logPath: record.logPath,
  };
  return await tasks.create(request, context);
}

/** By the handle, with a context of its own; that it failed is only logged (W2; container_start.go:142-151). */
async function rollBack({ platform, tasks }: Service, task: TaskEntry): Promise<void> {
  using bounded = platform.rollbackContext();
  await tasks.delete(task, bounded).catch((error) => platform.reportIfBug(error));
}
