import { join } from "@std/path";
import type { Context } from "../kernel/context.ts";
import type { ProcessHandle } from "../kernel/processes.ts";
import { buildPauseSpec } from "../oci/spec.ts";
import { RuntimeError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import { createTask } from "../task/create.ts";
import { taskPaths } from "../task/paths.ts";
import { releaseTask } from "../task/release.ts";
import type { Task, TaskIdentity } from "../task/task.ts";
import { sandboxNamespaces } from "./namespaces.ts";
import { sandboxPaths } from "./paths.ts";
import type { SandboxRecord } from "./record.ts";
import type { Pause } from "./state.ts";

/** The task of a sandbox's pause goes by the sandbox's id. */
export function pauseIdentity(runtime: Runtime, record: SandboxRecord): TaskIdentity {
  return {
    id: record.id,
    runtime: runtime.ociRuntimeOf(record),
    cgroup: join(record.cgroup, `pause-${record.id}`),
  };
}

/** Starts the init of a shared PID namespace, and pins the namespace. */
export async function startPause(
  runtime: Runtime,
  record: SandboxRecord,
  context: Context,
): Promise<{ readonly task: Task; readonly pause: Pause }> {
  const { kernel, config } = runtime;
  const identity = pauseIdentity(runtime, record);
  const task = taskPaths(config, record.id);
  const paths = sandboxPaths(config, record.id);
  const { pid: _, ...namespaces } = sandboxNamespaces(paths, record.config);
  const spec = buildPauseSpec({
    sandboxId: record.id,
    sandbox: record.config,
    pauseProgram: config.pause,
    rootfsPath: task.rootfs,
    cgroupsPath: identity.cgroup,
    namespaces,
    oomScoreAdjMin: runtime.host.oomScoreAdjMin,
  });
  await kernel.files.mkdir(task.rootfs);
  await kernel.files.writeFile(task.spec, JSON.stringify(spec));
  const request = {
    ...identity,
    terminal: false,
    stdin: false,
    keepsStdin: false,
    logPath: "/dev/null",
  };
  using undo = new DisposableStack();
  const created = undo.use(await createTask(kernel, config, request, context));
  const supervisor = requireSupervisor(created.supervisor);
  await kernel.namespaces.pinOf(created.init.identity, "pid", paths.pid);
  await releaseTask(kernel, config, record.id, created, context);
  undo.move();
  return {
    task: created,
    pause: { init: created.init.identity, supervisor: supervisor.identity },
  };
}

function requireSupervisor(supervisor: ProcessHandle | undefined): ProcessHandle {
  if (supervisor !== undefined) return supervisor;
  throw new RuntimeError("UNKNOWN", "conmon ended before the pause process was started");
}
