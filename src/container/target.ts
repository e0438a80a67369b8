import { RuntimeError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";
import type { NamespaceOptions } from "../sandbox/config.ts";
import type { Container } from "./container.ts";

/** A container whose PID namespace another one shares (`kubectl debug --target`). */
export interface Target {
  readonly container: Container;
  /** @throws {RuntimeError} FAILED_PRECONDITION when it no longer runs. */
  requireRunning(): void;
}

/**
 * The target of a container with PID mode TARGET, and none for other modes.
 *
 * @throws {RuntimeError} INVALID_ARGUMENT when it is of another sandbox; NOT_FOUND; FAILED_PRECONDITION.
 */
export function requireTarget(
  runtime: Runtime,
  sandboxId: string,
  namespaces: NamespaceOptions,
): Target | undefined {
  if (namespaces.pid !== "TARGET") return undefined;
  const id = namespaces.targetId ?? "";
  const container = runtime.containers.findIfPresent(id);
  if (container === undefined) {
    throw new RuntimeError(
      "NOT_FOUND",
      `invalid target container: container "${id}" does not exist`,
    );
  }
  if (container.sandboxId !== sandboxId) {
    throw new RuntimeError(
      "INVALID_ARGUMENT",
      `invalid target container: container "${id}" (sandbox ${container.sandboxId}) ` +
        `does not belong to sandbox ${sandboxId}`,
    );
  }
  const requireRunning = () => {
    if (container.status.state === "RUNNING") return;
    throw new RuntimeError(
      "FAILED_PRECONDITION",
      `invalid target container: container "${id}" is not running - in state ` +
        `CONTAINER_${container.status.state}`,
    );
  };
  requireRunning();
  return { container, requireRunning };
}
