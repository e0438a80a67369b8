import type { Config } from "../config.ts";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { ChildProcess, ProcessHandle } from "../kernel/processes.ts";
import { conmonCommand, parseConmonAnswer, START_PIPE, SYNC_PIPE } from "../oci/conmon.ts";
import { initOf, readRuntimeState } from "../oci/runtime_state.ts";
import { exitDirectory, taskPaths } from "./paths.ts";
import { openIfPresent, type Task, taskOf, type TaskRequest } from "./task.ts";
import { textOf } from "../utf8.ts";

/** conmon prints little before it turns to its pipes. */
const CONMON_OUTPUT_BYTES_MAX = 4096;

/**
 * Creates a task from the bundle that is in place: conmon, and below it an init that waits at
 * exec.fifo, in its cgroup and namespaces, with the user's program not executed. After an error any
 * part of it may exist: end it by id (reap.ts).
 *
 * @throws {RuntimeError} UNKNOWN with the OCI runtime's words; the context's cause.
 * @throws {KernelError} when a program cannot be executed.
 */
export async function createTask(
  kernel: Kernel,
  config: Config,
  request: TaskRequest,
  context: Context,
): Promise<Task> {
  const paths = taskPaths(config, request.id);
  const command = conmonCommand({
    program: config.conmon,
    id: request.id,
    bundle: paths.bundle,
    pidFile: paths.pidFile,
    exitDirectory: exitDirectory(config),
    logPath: request.logPath,
    runtime: request.runtime,
    terminal: request.terminal,
    stdin: request.stdin,
    keepsStdin: request.keepsStdin,
  });
  context.throwIfCancelled();
  kernel.cgroups.expectMove();
  using conmon = await kernel.processes.spawn(command, {
    outputBytesMax: CONMON_OUTPUT_BYTES_MAX,
    childReads: [START_PIPE],
    childWrites: [SYNC_PIPE],
    detached: true,
  });
  await conmon.writePipe(START_PIPE, "\n");
  using bounded = context.within(
    kernel.clock,
    config.bounds.taskCreateMs,
    `create task "${request.id}"`,
  );
  const answer = parseConmonAnswer(await conmon.readPipeLine(SYNC_PIPE, bounded));
  if (answer.kind === "failed") {
    throw new RuntimeError("UNKNOWN", `create task: ${answer.message}${printedBy(conmon)}`);
  }
  const init = await openInit(kernel, paths.runtimeState, answer.pid);
  try {
    return taskOf(init, await openIfPresent(kernel, conmon.identity));
  } catch (error) {
    init[Symbol.dispose]();
    throw error;
  }
}

/**
 * Takes hold of init. conmon named a pid; by now init may have died and the pid may be somebody else's,
 * so it must be the process that the OCI runtime recorded (RACES.md B15).
 */
async function openInit(kernel: Kernel, stateFile: string, pid: number): Promise<ProcessHandle> {
  const init = initOf(await readRuntimeState(kernel, stateFile));
  if (init?.pid !== pid) {
    throw new RuntimeError("UNKNOWN", `create task: the OCI runtime has no record of init ${pid}`);
  }
  return await kernel.processes.open(init);
}

function printedBy(conmon: ChildProcess): string {
  const text = textOf(conmon.output().stderr).trim();
  return text === "" ? "" : `: ${text}`;
}
