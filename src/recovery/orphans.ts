import { join } from "@std/path";
import { discardFiles, unmountBelow } from "../container/discard.ts";
import { containersDirectory } from "../container/paths.ts";
import { SPEC_BYTES_MAX } from "../oci/runtime_spec.ts";
import type { Runtime } from "../runtime.ts";
import { isId } from "../registry/ids.ts";
import { sandboxesDirectory, sandboxFilesDirectory, sandboxPaths } from "../sandbox/paths.ts";
import { exitDirectory, runtimeRoot, taskPaths, tasksDirectory } from "../task/paths.ts";
import { textOf } from "../utf8.ts";
import { endForwards } from "./forwards.ts";

/**
 * Ends and removes what no record tells of: containers that a crash caught before their record was
 * committed, or whose record is damaged.
 */
export async function clearOrphans(runtime: Runtime): Promise<void> {
  const { config, kernel } = runtime;
  const tasks = new Set<string>();
  for (
    const directory of [
      tasksDirectory(config),
      runtimeRoot(config),
      containersDirectory(config),
      exitDirectory(config),
    ]
  ) {
    for (const name of await kernel.files.list(directory)) if (isId(name)) tasks.add(name);
  }
  for (const id of tasks) {
    if (isKnown(runtime, id)) continue;
    await runtime.janitor.clear(id, () => clearTask(runtime, id));
  }
  const sandboxes = new Set<string>();
  for (const directory of [sandboxesDirectory(config), sandboxFilesDirectory(config)]) {
    for (const name of await kernel.files.list(directory)) if (isId(name)) sandboxes.add(name);
  }
  for (const id of sandboxes) {
    if (isKnown(runtime, id)) continue;
    await runtime.janitor.clear(id, () => clearSandbox(runtime, id));
  }
}

function isKnown(runtime: Runtime, id: string): boolean {
  return runtime.containers.get(id) !== undefined || runtime.sandboxes.get(id) !== undefined;
}

async function clearTask(runtime: Runtime, id: string): Promise<void> {
  const { kernel, config } = runtime;
  const { bundle } = taskPaths(config, id);
  if (await kernel.files.stat(bundle) !== undefined) {
    using bounded = runtime.rollbackContext();
    await runtime.reaper.reap(
      { id, runtime: runtime.ociRuntime(""), cgroup: await cgroupOf(runtime, id) },
      { mayHaveHelpers: true, known: [] },
      bounded,
    );
  }
  await discardFiles(runtime, id);
}

async function clearSandbox(runtime: Runtime, id: string): Promise<void> {
  const { kernel, config } = runtime;
  const paths = sandboxPaths(config, id);
  await endForwards(runtime, id, await kernel.processes.list());
  for (const pin of [paths.net, paths.ipc, paths.uts, paths.pid]) {
    await kernel.namespaces.unpin(pin);
  }
  await unmountBelow(kernel, paths.directory);
  await kernel.files.remove(paths.directory, paths.files);
}

/** The cgroup that an orphan's bundle names, if it is one of this id: the file may be anybody's. */
async function cgroupOf(runtime: Runtime, id: string): Promise<string> {
  const { kernel, config } = runtime;
  const fallback = join(config.cgroupParent, id);
  try {
    const content = await kernel.files.readFile(taskPaths(config, id).spec, SPEC_BYTES_MAX);
    const path: unknown = JSON.parse(textOf(content)).linux?.cgroupsPath;
    const isOfId = typeof path === "string" && !path.includes("..") &&
      (path.endsWith(`/${id}`) || path.endsWith(`/pause-${id}`));
    return isOfId ? path : fallback;
  } catch {
    return fallback;
  }
}
