import { hasLabels } from "../container/query.ts";
import type { Runtime } from "../runtime.ts";
import type { Sandbox } from "./sandbox.ts";

/** CRI's PodSandboxFilter; what is left out matches everything. */
export interface SandboxFilter {
  /** An id or a unique prefix of one. */
  readonly id?: string;
  /** True for sandboxes that take containers, false for all others. */
  readonly isReady?: boolean;
  /** All of them must be there with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What CRI calls SANDBOX_READY. The gate closes first, so it counts too. */
export function isReady(sandbox: Sandbox): boolean {
  return sandbox.status.phase === "READY" && !sandbox.gate.isClosed;
}

/** One in the making is not shown; one whose making failed, and could not be undone, is. */
function isVisible(sandbox: Sandbox): boolean {
  return sandbox.status.phase !== "PREPARING" || sandbox.gate.isClosed;
}

/** CRI ListPodSandbox: a look at memory, which waits for nobody. */
export function listSandboxes(runtime: Runtime, filter: SandboxFilter): readonly Sandbox[] {
  const id = filter.id && runtime.sandboxes.findIfPresent(filter.id)?.id;
  if (filter.id && id === undefined) return [];
  return [...runtime.sandboxes.values()].filter((sandbox) =>
    isVisible(sandbox) &&
    (!id || sandbox.id === id) &&
    (filter.isReady === undefined || isReady(sandbox) === filter.isReady) &&
    hasLabels(sandbox.record.config.labels, filter.labels)
  );
}
