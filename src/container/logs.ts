import { dirname, join, normalize } from "@std/path";
import { RuntimeError } from "../errors.ts";
import { type Context, firstOf, sleep } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { REOPEN_LOG } from "../oci/conmon.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import type { ContainerRecord } from "./record.ts";

const NO_LOG = "/dev/null";
const LOG_DIRECTORY_MODE = 0o755;
/** A watch can lose events: look again this often. */
const LOOK_AGAIN_MS = 100;
const REOPEN_MS = 10_000;

/**
 * Where a container logs: below its sandbox's log directory, or nowhere when either is not given.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a path that leaves the directory.
 */
export function logPathOf(logDirectory: string, logPath: string): string {
  if (logDirectory === "" || logPath === "") return NO_LOG;
  const path = normalize(join(logDirectory, logPath));
  if (!path.startsWith(normalize(join(logDirectory, "/"))) || path.endsWith("/")) {
    throw new RuntimeError(
      "INVALID_ARGUMENT",
      `log path ${JSON.stringify(logPath)} is no file in the log directory of its sandbox`,
    );
  }
  return path;
}

/** Makes the folder that conmon opens the log in. */
export async function prepareLog(kernel: Kernel, record: ContainerRecord): Promise<void> {
  if (record.logPath === NO_LOG) return;
  await kernel.files.mkdir(dirname(record.logPath), LOG_DIRECTORY_MODE);
}

/**
 * CRI ReopenContainerLog: after the log was renamed, its writer goes on in a new file of the old name.
 * Returns when that file is there.
 *
 * @throws {RuntimeError} NOT_FOUND; FAILED_PRECONDITION when the container does not run.
 */
export async function reopenContainerLog(
  runtime: Runtime,
  id: string,
  context: Context,
): Promise<void> {
  await runtime.life.serve(() => reopen(runtime, id, context));
}

async function reopen(runtime: Runtime, id: string, context: Context): Promise<void> {
  const { kernel, config } = runtime;
  const container = runtime.containers.find(id);
  const { logPath } = container.record;
  if (container.status.state !== "RUNNING") {
    throw new RuntimeError(
      "FAILED_PRECONDITION",
      `Cannot reopen log of container "${container.id}": container is not running`,
    );
  }
  if (logPath === NO_LOG) return;
  using watch = await kernel.files.watch(dirname(logPath), "changes");
  try {
    await kernel.files.writeFifo(taskPaths(config, container.id).control, REOPEN_LOG);
  } catch (error) {
    if (!hasErrno(error, "ENOENT", "ENXIO")) throw error;
    throw new RuntimeError(
      "FAILED_PRECONDITION",
      `Cannot reopen log of container "${container.id}": its conmon is gone`,
      { cause: error },
    );
  }
  using bounded = context.within(kernel.clock, REOPEN_MS, "reopen log");
  while (await kernel.files.stat(logPath) === undefined) {
    await firstOf(
      bounded,
      async (race) => void await watch.next(race),
      (race) => sleep(kernel.clock, LOOK_AGAIN_MS, race),
    );
  }
}
