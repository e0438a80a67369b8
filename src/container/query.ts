import type { Runtime } from "../runtime.ts";
import type { Container } from "./container.ts";
import type { ContainerState } from "./state.ts";

/** CRI's ContainerFilter; what is left out matches everything. */
export interface ContainerFilter {
  /** An id or a unique prefix of one. */
  readonly id?: string;
  /** An id or a unique prefix of one. */
  readonly sandboxId?: string;
  /** As it is in memory when the list is made. */
  readonly state?: ContainerState;
  /** All of them must be there with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** CRI ListContainers: a look at memory, which waits for nobody. */
export function listContainers(runtime: Runtime, filter: ContainerFilter): readonly Container[] {
  const id = filter.id && runtime.containers.findIfPresent(filter.id)?.id;
  const sandboxId = filter.sandboxId &&
    (runtime.sandboxes.findIfPresent(filter.sandboxId)?.id ?? filter.sandboxId);
  if (filter.id && id === undefined) return [];
  return [...runtime.containers.values()].filter((container) =>
    (!id || container.id === id) &&
    (!sandboxId || container.sandboxId === sandboxId) &&
    (filter.state === undefined || container.status.state === filter.state) &&
    hasLabels(container.record.config.labels, filter.labels)
  );
}

/** Whether `labels` has all that `wanted` asks for. */
export function hasLabels(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>> = {},
): boolean {
  // Of hundreds of containers each second, nearly always without a label: makes nothing to look through.
  for (const key in wanted) {
    if (!Object.hasOwn(labels, key) || labels[key] !== wanted[key]) return false;
  }
  return true;
}
