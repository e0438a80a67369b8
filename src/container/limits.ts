import { dirname } from "@std/path";
import { RuntimeError } from "../errors.ts";
import type { Context } from "../kernel/context.ts";
import { hasEnded, isUpdate, updateContainer } from "../oci/runc.ts";
import { limitsOf } from "../oci/spec.ts";
import type { Runtime } from "../runtime.ts";
import { endProcess } from "../task/reap.ts";
import type { LinuxResources } from "./config.ts";
import type { Container } from "./container.ts";
import { needsCpuset, replacing, resourcesOf, withWeight } from "./resources.ts";
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
  const limits = await limitsReplacing(runtime, container, resourcesOf(container), doubtfulLimits);
  const refusal = await setLimits(runtime, container, limits, context);
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
  const { kernel, config, host } = runtime;
  const { runtime: ociRuntime, id } = taskIdentity(runtime, container.record);
  const options = { context, timeoutMs: config.bounds.programMs };
  const told = host.cgroupVersion === 2 ? withWeight(resources) : resources;
  return await updateContainer(kernel, ociRuntime, id, limitsOf(told, host), options);
}

/** Limits in words that replace others, which may be in effect: for this host as it is now. */
export async function limitsReplacing(
  { kernel, host }: Runtime,
  { record }: Container,
  wanted: LinuxResources,
  doubtful: LinuxResources,
): Promise<LinuxResources> {
  const cpuset = needsCpuset(wanted, doubtful)
    ? await kernel.cgroups.cpuset(dirname(record.cgroup))
    : undefined;
  return replacing(wanted, doubtful, { cgroupVersion: host.cgroupVersion, cpuset });
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
  const ociRuntime = runtime.ociRuntime(record.handler);
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
