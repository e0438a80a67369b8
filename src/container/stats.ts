import { isBug } from "../bug.ts";
import { messageOf } from "../errors.ts";
import { resultsOf } from "../kernel/all_of.ts";
import type { CgroupUsage } from "../kernel/cgroups.ts";
import type { Context } from "../kernel/context.ts";
import { fewAtOnce } from "../kernel/few_at_once.ts";
import type { Runtime } from "../runtime.ts";
import type { Container } from "./container.ts";
import { type ContainerFilter, listContainers } from "./query.ts";
import type { WritableLayer } from "./writable_layers.ts";

/** Each reads several files, on the threads that there are for that. */
const AT_ONCE = 8;

/** What a cgroup has used, and when. */
export interface TimedUsage extends CgroupUsage {
  /** When it was read, in microseconds since 1970. */
  readonly readMicros: number;
  /**
   * CPU that is used, in billionths of one, over the last second or more in which somebody asked; undefined at
   * the first time.
   */
  readonly nanoCores: number | undefined;
}

/** CRI's ContainerStats. */
export interface ContainerStats {
  /** Whose they are. */
  readonly container: Container;
  /** Undefined of one that does not run, or whose numbers cannot be read. */
  readonly usage: TimedUsage | undefined;
  /** Some seconds old; undefined where its files were never counted to the end. */
  readonly writableLayer: WritableLayer | undefined;
}

/**
 * CRI ContainerStats. It takes part in nothing: no operation on the container waits for it, nor it for one.
 *
 * @param id an id or a unique prefix of one
 *
 * @throws {RuntimeError} NOT_FOUND, also when the container is removed meanwhile; the context's cause.
 * @throws {KernelError} what Linux refuses; EINVAL for a file of the cgroup that says what it cannot say.
 */
export async function containerStats(
  runtime: Runtime,
  id: string,
  context: Context,
): Promise<ContainerStats> {
  return await runtime.life.serve(async () => {
    const container = runtime.containers.find(id);
    const [stats] = await resultsOf(
      context,
      (context) => measure(runtime, container, context),
      (context) => runtime.writableLayers.measure([container], context),
    );
    runtime.containers.find(container.id);
    return stats();
  });
}

/**
 * CRI ListContainerStats: of every container that the filter lets through and that is still there when all are
 * measured. One whose numbers cannot be read is there without them.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for an id that stands for several; the context's cause.
 */
export async function listContainerStats(
  runtime: Runtime,
  filter: Omit<ContainerFilter, "state">,
  context: Context,
): Promise<readonly ContainerStats[]> {
  return await runtime.life.serve(() => statsOf(runtime, listContainers(runtime, filter), context));
}

/** @internal Of all that are still there when all are measured. */
export async function statsOf(
  runtime: Runtime,
  containers: readonly Container[],
  context: Context,
): Promise<readonly ContainerStats[]> {
  const [measured] = await resultsOf(
    context,
    (context) => fewAtOnce(containers, AT_ONCE, (it) => measureOneOf(runtime, it, context)),
    (context) => runtime.writableLayers.measure(containers, context),
  );
  const isThere = ({ container }: ContainerStats) =>
    runtime.containers.get(container.id) === container;
  return measured.map((it) => it()).filter(isThere);
}

/** @internal What a cgroup has used; undefined when it is not there. */
export async function usageOf(
  { kernel }: Runtime,
  { record: { cgroup }, cpuRate }: Pick<Container, "cpuRate"> & { record: { cgroup: string } },
): Promise<TimedUsage | undefined> {
  const usage = await kernel.cgroups.usage(cgroup);
  if (usage === undefined) return undefined;
  const { cpuMicros } = usage;
  const nanoCores = cpuMicros === undefined
    ? undefined
    : cpuRate.sampled(cpuMicros, kernel.clock.monotonicMs());
  return { ...usage, readMicros: kernel.clock.nowMicros(), nanoCores };
}

/** @internal One's failure is nobody else's: what is read is left out then, unless nobody wants it any more. */
export async function unlessItFails<T>(
  { telemetry }: Runtime,
  id: string,
  context: Context,
  read: () => Promise<T>,
): Promise<T | undefined> {
  context.throwIfCancelled();
  try {
    return await read();
  } catch (error) {
    if (isBug(error)) throw error;
    context.throwIfCancelled();
    telemetry.log("warn", "statistics cannot be read", { id, error: messageOf(error) });
    return undefined;
  }
}

/** What was measured, with what its files have come to by the time that it is looked at. */
type Measured = () => ContainerStats;

async function measure(
  runtime: Runtime,
  container: Container,
  context: Context,
): Promise<Measured> {
  context.throwIfCancelled();
  const usage = isRunning(container) ? await usageOf(runtime, container) : undefined;
  context.throwIfCancelled();
  return of(container, usage);
}

async function measureOneOf(
  runtime: Runtime,
  container: Container,
  context: Context,
): Promise<Measured> {
  const usage = await unlessItFails(
    runtime,
    container.id,
    context,
    () => isRunning(container) ? usageOf(runtime, container) : Promise.resolve(undefined),
  );
  return of(container, usage);
}

/** A container that ended meanwhile has a group no more, or an empty one whose numbers are nobody's. */
function of(container: Container, usage: TimedUsage | undefined): Measured {
  return () => ({
    container,
    usage: isRunning(container) ? usage : undefined,
    writableLayer: container.measurement?.layer,
  });
}

function isRunning({ status }: Container): boolean {
  return status.state === "RUNNING";
}
