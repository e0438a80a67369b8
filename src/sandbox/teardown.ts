import { unmountBelow } from "../container/discard.ts";
import type { Context } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { taskPaths } from "../task/paths.ts";
import { pauseIdentity } from "./pause.ts";
import { sandboxPaths } from "./paths.ts";
import type { SandboxRecord } from "./record.ts";
import type { SandboxStatus } from "./state.ts";

/**
 * Takes away what a sandbox runs and holds: the init of its PID namespace, its network, its
 * namespaces, its shared memory. Its containers have ended. By id, and every step is idempotent: for a
 * stop, a rollback, a retry and a restart alike.
 *
 * @throws {KernelError} the first step that Linux, or a plugin, refuses.
 */
export async function teardownSandbox(
  runtime: Runtime,
  record: SandboxRecord,
  status: SandboxStatus,
  context: Context,
): Promise<void> {
  const { kernel, config, network, reaper } = runtime;
  const paths = sandboxPaths(config, record.id);
  if (record.config.namespaces.pid === "POD") {
    const known = [status.pause?.init, status.pause?.supervisor];
    const mayHaveHelpers = status.pause === undefined;
    await reaper.reap(pauseIdentity(runtime, record), { mayHaveHelpers, known }, context);
    await kernel.namespaces.unpin(paths.pid);
  }
  if (record.networkList !== undefined) {
    const netnsPath = await kernel.namespaces.isPinned(paths.net) ? paths.net : "";
    await network.detach(
      { sandboxId: record.id, netnsPath, config: record.config },
      record.networkList,
      status.network?.result,
      context,
    );
  }
  for (const pin of [paths.net, paths.ipc, paths.uts]) await kernel.namespaces.unpin(pin);
  await unmountBelow(kernel, paths.shm);
}

/** Removes the files and the cgroup of a sandbox that was torn down. Idempotent, by id. */
export async function discardSandboxFiles(runtime: Runtime, record: SandboxRecord): Promise<void> {
  const { kernel, config } = runtime;
  const { bundle } = taskPaths(config, record.id);
  const { directory, files } = sandboxPaths(config, record.id);
  await unmountBelow(kernel, bundle, directory);
  await kernel.files.remove(bundle, directory, files);
  await runtime.exitFiles.remove(record.id);
  if (record.ownsCgroup) await kernel.cgroups.remove(record.cgroup);
}
