import { dirname } from "@std/path";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasEnded, isUpdate, updateContainer } from "../oci/runc.ts";
import { limitsOf } from "../oci/spec.ts";
import type { Runtime } from "../runtime.ts";
import { endProcess } from "../task/reap.ts";
import { type LinuxResources, NO_LIMITS } from "./config.ts";
import type { Container } from "./container.ts";
import { clearedFiles, needsCpuset, replacing, resourcesOf, withWeight } from "./resources.ts";
import { taskIdentity } from "./task.ts";

/**
 * Sets the limits of a task that is about to be let go, where an update has left others.
 *
 * @throws {RuntimeError} UNKNOWN with the OCI runtime's words; the context's cause.
 * @throws {KernelError} what Linux refuses.
 */
export async function settleLimits(
  runtime: Runtime,
  container: Container,
  context: Context,
): Promise<void> {
  const { doubtfulLimits } = container;
  if (doubtfulLimits === undefined) return;
  await endStrayUpdates(runtime, container, context);
  const limits = resourcesOf(container);
  const refusal = await replaceLimits(runtime, container, limits, doubtfulLimits, context);
  if (refusal !== undefined) throw refusedWith(container, refusal);
  container.doubtfulLimits = undefined;
}

/**
 * Has the OCI runtime set the limits of a container's task.
 *
 * @returns its words when it refuses, else undefined; any of the limits may be in effect then
 * @throws as {@linkcode updateContainer}.
 */
export async function setLimits(
  runtime: Runtime,
  container: Container,
  resources: LinuxResources,
  context: Context,
): Promise<string | undefined> {
  const told = runtime.host.cgroupVersion === 2 ? withWeight(resources) : resources;
  return await tell(runtime, container, told, context);
}

/**
 * As {@linkcode setLimits}, of limits that replace others, which may be in effect, in whole or in part. Files
 * that only the others name come first, each by itself: one that refuses what new groups have in it is not
 * there, so nothing of the others is in it, and it keeps nothing else from being set.
 */
export async function replaceLimits(
  runtime: Runtime,
  container: Container,
  wanted: LinuxResources,
  doubtful: LinuxResources,
  context: Context,
): Promise<string | undefined> {
  const { kernel, host: { cgroupVersion } } = runtime;
  if (cgroupVersion === 2) {
    for (const [file, value] of Object.entries(clearedFiles(wanted, doubtful))) {
      await tell(runtime, container, { ...NO_LIMITS, unified: { [file]: value } }, context);
    }
  }
  const cpuset = needsCpuset(wanted, doubtful)
    ? await kernel.cgroups.cpuset(dirname(container.record.cgroup))
    : undefined;
  const limits = replacing(wanted, doubtful, { cgroupVersion, cpuset });
  return await setLimits(runtime, container, limits, context);
}

async function tell(
  runtime: Runtime,
  { record }: Container,
  resources: LinuxResources,
  context: Context,
): Promise<string | undefined> {
  const { kernel, config, host } = runtime;
  const { runtime: ociRuntime, id } = taskIdentity(runtime, record);
  const options = { context, timeoutMs: config.bounds.programMs };
  return await updateContainer(kernel, ociRuntime, id, limitsOf(resources, host), options);
}

/**
 * Ends updates that nobody holds any more, of an earlier life or cut off: they would set their limits after
 * those that come now.
 *
 * @throws {KernelError} what Linux refuses; {RuntimeError} the context's cause.
 */
export async function endStrayUpdates(
  runtime: Runtime,
  { id, record }: Container,
  context: Context,
): Promise<void> {
  const { kernel } = runtime;
  const ociRuntime = runtime.ociRuntimeOf(record);
  for (const process of await kernel.processes.list()) {
    if (!isUpdate(ociRuntime, id, process.args)) continue;
    using bounded = context.within(kernel.clock, runtime.config.bounds.killMs, "stray update");
    await endProcess(kernel, process, bounded);
  }
}

/** What a client is told when the OCI runtime refuses. */
export function refusedWith({ id }: Container, words: string): RuntimeError {
  const code = hasEnded(words) ? "FAILED_PRECONDITION" : "UNKNOWN";
  return new RuntimeError(code, `failed to update resources of container "${id}": ${words}`);
}
