import { endingOf, monitorContainer } from "../container/monitor.ts";
import type { Container } from "../container/container.ts";
import { removeContainer } from "../container/remove.ts";
import { type Ending, START_ERROR, started, UNKNOWN_EXIT } from "../container/state.ts";
import { taskIdentity } from "../container/task.ts";
import { goOnUpdating } from "../container/update.ts";
import { messageOf } from "../errors.ts";
import type { ProcessEntry } from "../kernel/processes.ts";
import { isRuntimeInit } from "../oci/runc.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import { openHandles, taskOf } from "../task/task.ts";

/** What is known of the machine when recovery begins. */
export interface Known {
  readonly isSameBoot: boolean;
  readonly processes: readonly ProcessEntry[];
}

/**
 * Makes a container's state true.
 *
 * | recorded | found | becomes |
 * | --- | --- | --- |
 * | EXITED | – | as it is |
 * | CREATED | a task, or a part of one | CREATED, the task ended: it never ran |
 * | CREATED, to be started | init alive, program executed | RUNNING since the intent |
 * | CREATED, to be started | init alive, still the runtime's | EXITED 128 StartError |
 * | CREATED, to be started | init gone | EXITED, with conmon's code or 255 Unknown |
 * | RUNNING | init alive | RUNNING; an update of its resources that was begun goes on |
 * | RUNNING | init gone | EXITED, with conmon's code or 255 Unknown |
 * | UNKNOWN | – | EXITED 255 Unknown, when everything of it was ended |
 * | any of another boot | – | EXITED 255 Unknown |
 *
 * Then a removal that was begun goes on, in the background: by now whoever stops the sandbox finds all
 * that the earlier life has left of the container.
 */
export async function recoverContainer(
  runtime: Runtime,
  container: Container,
  known: Known,
): Promise<void> {
  await recoverState(runtime, container, known);
  if (container.status.isRemoving) goOnRemoving(runtime, container);
}

async function recoverState(
  runtime: Runtime,
  container: Container,
  known: Known,
): Promise<void> {
  const { status } = container;
  if (status.state === "EXITED") return;
  if (!known.isSameBoot || status.state === "UNKNOWN") {
    return await end(runtime, container, unknownEnding(runtime, status.message));
  }
  if (status.state === "RUNNING") return await recoverRunning(runtime, container);
  if (status.startIntentAt === 0) return await recoverCreated(runtime, container, known);
  await recoverStarting(runtime, container, known);
}

async function recoverCreated(
  runtime: Runtime,
  container: Container,
  known: Known,
): Promise<void> {
  const { kernel, config } = runtime;
  using bounded = runtime.rollbackContext();
  const mayHaveHelpers = known.processes.some((process) => process.args.includes(container.id));
  const identity = taskIdentity(runtime, container.record);
  try {
    await runtime.reaper.reap(identity, { mayHaveHelpers, known: [] }, bounded);
    // conmon may have recorded the end of the task that goes: it is not that of the next one.
    await runtime.exitFiles.remove(container.id);
    await kernel.files.remove(taskPaths(config, container.id).pidFileDraft);
  } catch (error) {
    await end(runtime, container, interrupted(runtime, messageOf(error)));
  }
}

async function recoverStarting(
  runtime: Runtime,
  container: Container,
  known: Known,
): Promise<void> {
  const { init } = container.status;
  const process = known.processes.find((it) =>
    it.pid === init?.pid && it.startTime === init.startTime
  );
  if (process === undefined) return await recoverRunning(runtime, container);
  if (isRuntimeInit(runtime.ociRuntimeOf(container.record), process.args)) {
    return await end(runtime, container, interrupted(runtime, "its program was not executed"));
  }
  // The life that wrote the intent may have ended before it was synced.
  await runtime.kernel.store.sync();
  await container.transition(started, "STARTED");
  await recoverRunning(runtime, container);
}

/** Watches a container whose init lives, and ends one whose init is gone. */
async function recoverRunning(runtime: Runtime, container: Container): Promise<void> {
  const { kernel } = runtime;
  const { init, supervisor } = container.status;
  const handles = await openHandles(kernel, init, supervisor);
  if (handles.init !== undefined) {
    container.task = taskOf(handles.init, handles.supervisor);
    if (container.status.state === "RUNNING") {
      monitorContainer(runtime, container, container.task);
    } else {
      await monitorContainer(runtime, container, container.task);
    }
    if (container.status.resourcesIntended !== undefined) goOnUpdating(runtime, container);
    return;
  }
  const at = kernel.clock.nowMicros();
  const ending = await endingOf(runtime, container, handles.supervisor, at);
  handles.supervisor?.[Symbol.dispose]();
  await end(runtime, container, ending);
}

/** Ends a container, now if that works, else in the background: recovery goes on. */
async function end(runtime: Runtime, container: Container, ending: Ending): Promise<void> {
  await runtime.settler.settle(container, ending, true).catch(() => {});
}

function goOnRemoving(runtime: Runtime, container: Container): void {
  removeContainer(runtime, container.id, runtime.life).catch((error) => {
    runtime.reportIfBug(error);
    runtime.telemetry.log("warn", "a removal that was begun cannot be completed yet", {
      id: container.id,
      error: messageOf(error),
    });
  });
}

function unknownEnding(runtime: Runtime, message: string): Ending {
  return { ...UNKNOWN_EXIT, message, at: runtime.kernel.clock.nowMicros() };
}

function interrupted(runtime: Runtime, why: string): Ending {
  const message = `start was interrupted by a restart of the daemon: ${why}`;
  return { ...START_ERROR, message, at: runtime.kernel.clock.nowMicros() };
}
