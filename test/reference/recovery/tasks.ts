import type { ProcessEntry } from "../../../src/kernel/processes.ts";
import { isRuntimeInit } from "../../../src/oci/runc.ts";
import { initOf, readRuntimeState } from "../../../src/oci/runtime_state.ts";
import { isId } from "../../../src/registry/ids.ts";
import { taskPaths, tasksDirectory } from "../../../src/task/paths.ts";
import { openIfPresent, type TaskIdentity, taskOf } from "../../../src/task/task.ts";
import type { Service } from "../service.ts";
import { TaskEntry } from "../tasks.ts";

const SHIM_LOAD_MS = 5_000;

/**
 * What the shim layer does when the daemon starts (core/runtime/v2/shim_load.go): connects to the shim of
 * every bundle, and where there is none has its delete command end what is left. Here a shim is there
 * when conmon is; an exit file is a shim that keeps a stopped task.
 */
export async function loadTasks(
  service: Service,
  identities: ReadonlyMap<string, TaskIdentity>,
): Promise<void> {
  const { kernel, config } = service.platform;
  const processes = await kernel.processes.list();
  for (const id of await kernel.files.list(tasksDirectory(config))) {
    if (!isId(id)) continue;
    const fallback = {
      id,
      runtime: service.platform.ociRuntime(""),
      cgroup: `${config.cgroupParent}/${id}`,
    };
    await loadTask(service, identities.get(id) ?? fallback, processes);
  }
}

async function loadTask(
  service: Service,
  identity: TaskIdentity,
  processes: readonly ProcessEntry[],
): Promise<void> {
  const { platform, tasks } = service;
  const { kernel, config, exitFiles } = platform;
  const paths = taskPaths(config, identity.id);
  const helpers = processes.filter((it) => it.args.includes(identity.id));
  const hasState = await kernel.files.stat(paths.runtimeDirectory) !== undefined;
  if (helpers.length === 0 && !hasState) return;
  using bounded = platform.life.within(kernel.clock, SHIM_LOAD_MS, "load shim");
  const state = initOf(await readRuntimeState(kernel, paths.runtimeState));
  const entry = processes.find((it) => it.pid === state?.pid && it.startTime === state.startTime);
  const supervisor = await openIfPresent(
    kernel,
    helpers.find((it) => it.args[0]?.endsWith("conmon")),
  );
  if (entry !== undefined && supervisor !== undefined) {
    const init = await openIfPresent(kernel, entry);
    if (init !== undefined) {
      const phase = isRuntimeInit(identity.runtime, entry.args) ? "created" : "running";
      return tasks.adopt(new TaskEntry(identity, taskOf(init, supervisor), phase));
    }
  }
  if (entry === undefined && state !== undefined) {
    await supervisor?.exited(bounded).catch(() => {});
    supervisor?.[Symbol.dispose]();
    const code = await exitFiles.read(identity.id);
    const file = await kernel.files.stat(paths.exitFile);
    if (code !== undefined && file !== undefined) {
      const exit = { code, at: file.modifiedMicros };
      return tasks.adopt(new TaskEntry(identity, undefined, "stopped", exit));
    }
  } else supervisor?.[Symbol.dispose]();
  await tasks.deleteById(identity, bounded).catch((error) => platform.reportIfBug(error));
}
