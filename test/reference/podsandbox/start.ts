import type { Context } from "../../../src/kernel/context.ts";
import { writeSandboxFiles } from "../../../src/sandbox/files.ts";
import { pauseIdentity, startPause } from "../../../src/sandbox/pause.ts";
import { pinsOf, sandboxPaths } from "../../../src/sandbox/paths.ts";
import { yieldPoint } from "../goroutine.ts";
import { Latch } from "../latch.ts";
import type { Service } from "../service.ts";
import { TaskEntry } from "../tasks.ts";
import type { ControlledSandbox } from "./controller.ts";
import { discardSandboxFiles, unpinPauseNamespaces } from "./files.ts";
import { watchPause } from "./exit.ts";

const SHM_OPTIONS = ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"];

/** The cleaning up of a start failed as well: the service keeps the sandbox then. */
export class CleanupError extends Error {
  constructor(override readonly cause: unknown) {
    super("cleanup of a sandbox failed");
  }
}

/**
 * Controller.Start (server/podsandbox/sandbox_run.go): folders, record of the pause, files, the pause
 * itself, and who waits for its end.
 *
 * @throws {CleanupError} when its own rollback failed.
 */
export async function startSandbox(
  service: Service,
  sandbox: ControlledSandbox,
  context: Context,
): Promise<void> {
  const { platform, meta, tasks } = service;
  const { kernel, config } = platform;
  const { record } = sandbox;
  const paths = sandboxPaths(config, record.id);
  const { net: _, ...pins } = pinsOf(paths, record.config);
  const latch = new Latch();
  try {
    await kernel.files.mkdir(paths.directory, 0o711);
    latch.defer(() => discardSandboxFiles(platform, record));
    await meta.put("pause", record.id, { id: record.id });
    latch.defer(() => meta.delete("pause", record.id));
    await writeSandboxFiles(kernel, paths, record);
    await kernel.cgroups.create(record.cgroup);
    latch.defer(() => kernel.cgroups.remove(record.cgroup));
    latch.defer(() => unpinPauseNamespaces(platform, record));
    if (Object.keys(pins).length > 0) await kernel.namespaces.pin(pins, record.hostname);
    if (pins.ipc !== undefined) {
      await kernel.files.mkdir(paths.shm, 0o1777);
      await kernel.mounts.mount("shm", paths.shm, { type: "tmpfs", options: SHM_OPTIONS });
    }
    latch.defer(async () => {
      using bounded = platform.rollbackContext();
      await tasks.deleteById(pauseIdentity(platform, record), bounded);
    });
    const { task } = await startPause(platform, record, context);
    const entry = new TaskEntry(pauseIdentity(platform, record), task, "running");
    tasks.adopt(entry);
    sandbox.pause = entry;
    sandbox.state = "READY";
  } catch (error) {
    await latch.unwind();
    throw latch.hasFailed ? new CleanupError(error) : error;
  }
  await yieldPoint(kernel);
  watchPause(service, sandbox);
}
