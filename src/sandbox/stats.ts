import type { Container } from "../container/container.ts";
import { listContainers } from "../container/query.ts";
import {
  type ContainerStats,
  statsOf,
  type TimedUsage,
  unlessItFails,
  usageOf,
} from "../container/stats.ts";
import { resultsOf } from "../kernel/all_of.ts";
import type { Context } from "../kernel/context.ts";
import { hasErrno } from "../kernel/errno.ts";
import { fewAtOnce } from "../kernel/few_at_once.ts";
import type { InterfaceUsage } from "../kernel/namespaces.ts";
import type { ProcessIdentity } from "../kernel/processes.ts";
import type { Runtime } from "../runtime.ts";
import { sandboxPaths } from "./paths.ts";
import { isReady, listSandboxes, type SandboxFilter } from "./query.ts";
import type { Sandbox } from "./sandbox.ts";

const AT_ONCE = 8;

/** What went through a pod's network. */
export interface PodNetworkUsage {
  /** When it was read, in microseconds since 1970. */
  readonly readMicros: number;
  /** In the namespace's own order, lo among them. */
  readonly interfaces: readonly InterfaceUsage[];
}

/**
 * What a pod uses, besides its containers each. It is read from the pod's cgroup: the one that its client named,
 * with all that is in it, whoever put it there; where it named none, the one below the daemon's that holds the
 * pod's containers and nothing else.
 */
export interface PodUsage {
  /** Undefined when the group is not there. */
  readonly usage: TimedUsage | undefined;
  /** Processes in the group, without zombies. */
  readonly processCount: number;
  /** Undefined on the host's network, and where nothing runs through which it could be seen. */
  readonly network: PodNetworkUsage | undefined;
}

/** CRI's PodSandboxStats. */
export interface SandboxStats {
  /** Whose they are. */
  readonly sandbox: Sandbox;
  /** Undefined of one that is not ready, or whose numbers cannot be read. */
  readonly pod: PodUsage | undefined;
  /** Of each that is in it. */
  readonly containers: readonly ContainerStats[];
}

/**
 * CRI PodSandboxStats. It takes part in nothing, as `containerStats`.
 *
 * @param id an id or a unique prefix of one
 *
 * @throws {RuntimeError} NOT_FOUND, also when the sandbox is removed meanwhile; the context's cause.
 * @throws {KernelError} what Linux refuses; EINVAL for a file that says what it cannot say.
 */
export async function sandboxStats(
  runtime: Runtime,
  id: string,
  context: Context,
): Promise<SandboxStats> {
  return await runtime.life.serve(async () => {
    const sandbox = runtime.sandboxes.find(id);
    const inside = listContainers(runtime, { sandboxId: sandbox.id });
    const [pod, containers] = await resultsOf(
      context,
      (context) => measure(runtime, sandbox, inside, context),
      (context) => statsOf(runtime, inside, context),
    );
    runtime.sandboxes.find(sandbox.id);
    return statsNow(runtime, sandbox, pod, containers);
  });
}

/**
 * CRI ListPodSandboxStats: of every sandbox that the filter lets through and that is still there when all are
 * measured. One whose numbers cannot be read is there without them.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for an id that stands for several; the context's cause.
 */
export async function listSandboxStats(
  runtime: Runtime,
  filter: Omit<SandboxFilter, "isReady">,
  context: Context,
): Promise<readonly SandboxStats[]> {
  return await runtime.life.serve(async () => {
    const sandboxes = listSandboxes(runtime, filter);
    const bySandbox = Map.groupBy(listContainers(runtime, {}), (it) => it.sandboxId);
    const inside = (sandbox: Sandbox) => bySandbox.get(sandbox.id) ?? [];
    const [pods, containers] = await resultsOf(
      context,
      (context) =>
        fewAtOnce(sandboxes, AT_ONCE, (it) => {
          const read = () => measure(runtime, it, inside(it), context);
          return unlessItFails(runtime, it.id, context, read);
        }),
      (context) => statsOf(runtime, sandboxes.flatMap(inside), context),
    );
    const ofSandbox = Map.groupBy(containers, (it) => it.container.sandboxId);
    return sandboxes
      .map((it, index) => statsNow(runtime, it, pods[index], ofSandbox.get(it.id) ?? []))
      .filter(({ sandbox }) => runtime.sandboxes.get(sandbox.id) === sandbox);
  });
}

/** Without what was removed or stopped since it was measured. */
function statsNow(
  runtime: Runtime,
  sandbox: Sandbox,
  pod: PodUsage | undefined,
  containers: readonly ContainerStats[],
): SandboxStats {
  return {
    sandbox,
    pod: isReady(sandbox) ? pod : undefined,
    containers: containers.filter(({ container }) =>
      runtime.containers.get(container.id) === container
    ),
  };
}

async function measure(
  runtime: Runtime,
  sandbox: Sandbox,
  inside: readonly Container[],
  context: Context,
): Promise<PodUsage | undefined> {
  context.throwIfCancelled();
  if (!isReady(sandbox)) return undefined;
  const [usage, processCount, network] = await resultsOf(
    context,
    () => usageOf(runtime, sandbox),
    () => runtime.kernel.cgroups.processCount(sandbox.record.cgroup),
    () => networkOf(runtime, sandbox, inside),
  );
  context.throwIfCancelled();
  return { usage, processCount, network };
}

/** Seen through a process of the pod, since nobody of the daemon enters its network: the first that still is there. */
async function networkOf(
  { kernel, config }: Runtime,
  { record, status }: Sandbox,
  inside: readonly Container[],
): Promise<PodNetworkUsage | undefined> {
  if (record.config.namespaces.network === "NODE") return undefined;
  const { net } = sandboxPaths(config, record.id);
  for (const process of processesOf(status.pause?.init, inside)) {
    try {
      const interfaces = await kernel.namespaces.interfaces(net, process);
      return { readMicros: kernel.clock.nowMicros(), interfaces };
    } catch (error) {
      // Gone; or the pod is being stopped, and its network is.
      if (!hasErrno(error, "ESRCH", "ENOENT")) throw error;
    }
  }
  return undefined;
}

function* processesOf(
  pause: ProcessIdentity | undefined,
  inside: readonly Container[],
): Generator<ProcessIdentity> {
  if (pause !== undefined) yield pause;
  for (const { status } of inside) {
    if (status.state === "RUNNING" && status.init !== undefined) yield status.init;
  }
}
