import type { ContainerRecord } from "../../../src/container/record.ts";
import { UNKNOWN_EXIT } from "../../../src/container/state.ts";
import type { Context } from "../../../src/kernel/context.ts";
import { Checkpoint } from "../checkpoint.ts";
import { Container } from "../container.ts";
import { monitorContainer } from "../exit.ts";
import { isNotFound } from "../meta.ts";
import type { Service } from "../service.ts";
import { NEW_STATUS, stateOf, type Status } from "../status.ts";
import type { TaskEntry } from "../tasks.ts";

const OBJECT_MS = 10_000;

/**
 * One container after a restart (server/restart.go:183-201, 289-413): its status is
 * what checkpoint and task say together, and is written to the checkpoint anew.
 *
 * @throws {RuntimeError} ALREADY_EXISTS for a name that two records have: recovery fails (W26).
 */
export async function recoverContainer(service: Service, record: ContainerRecord): Promise<void> {
  const { platform, containers, containerNames } = service;
  const { kernel, config } = platform;
  using bounded = platform.life.within(kernel.clock, OBJECT_MS, "recover container");
  const checkpoint = new Checkpoint(kernel, config, record.id);
  const saved = await checkpoint.read().catch(() => unreadable());
  const { status, monitored } = await statusOf(service, record.id, saved, bounded);
  await checkpoint.write(status).catch((error) => platform.reportIfBug(error));
  const container = new Container(record, status, checkpoint);
  containers.add(container);
  if (monitored !== undefined) {
    monitorContainer(service, container, service.tasks.wait(monitored));
  }
  containerNames.reserve(record.name, record.id);
}

/** A checkpoint that cannot be read: nothing is known, not even when it was created (W18). */
function unreadable(): Status {
  return { ...NEW_STATUS, ...UNKNOWN_EXIT, isUnknown: true };
}

interface Recovered {
  readonly status: Status;
  /** The task whose end is to be waited for. */
  readonly monitored?: TaskEntry;
}

async function statusOf(
  service: Service,
  id: string,
  saved: Status,
  context: Context,
): Promise<Recovered> {
  let task: TaskEntry;
  try {
    task = await service.tasks.get(id, context);
  } catch (error) {
    if (!isNotFound(error)) return { status: { ...saved, isUnknown: true } };
    return { status: withoutTask(service, saved) };
  }
  switch (task.phase) {
    case "created":
      return { status: await deleteCreated(service, task, saved, context) };
    case "running":
      return running(service, task, saved);
    case "stopped":
      return { status: await deleteStopped(service, task, saved, context) };
  }
}

/** One that is CREATED in the checkpoint stays it, though its program may have run (W8; restart.go:345-353). */
function withoutTask({ platform }: Service, saved: Status): Status {
  if (stateOf(saved) !== "RUNNING") return saved;
  return { ...saved, ...UNKNOWN_EXIT, pid: 0, finishedAt: platform.kernel.clock.nowMicros() };
}

async function deleteCreated(
  { tasks }: Service,
  task: TaskEntry,
  saved: Status,
  context: Context,
): Promise<Status> {
  await tasks.delete(task, context);
  return stateOf(saved) === "CREATED" ? saved : { ...saved, isUnknown: true };
}

function running({ platform }: Service, task: TaskEntry, saved: Status): Recovered {
  switch (stateOf(saved)) {
    case "EXITED":
      return { status: { ...saved, isUnknown: true } };
    case "RUNNING":
      return { status: { ...saved, pid: task.pid }, monitored: task };
    default: {
      const startedAt = platform.kernel.clock.nowMicros();
      return { status: { ...saved, pid: task.pid, startedAt }, monitored: task };
    }
  }
}

/** When it was started stays as it was, even "not yet" (W8; restart.go:404-410). */
async function deleteStopped(
  { tasks, platform }: Service,
  task: TaskEntry,
  saved: Status,
  context: Context,
): Promise<Status> {
  await tasks.delete(task, context);
  const { code, at } = task.exit ?? { code: 255, at: platform.kernel.clock.nowMicros() };
  return { ...saved, finishedAt: at, exitCode: code };
}
