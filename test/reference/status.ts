import { type ContainerState, type ContainerStatus, created } from "../../src/container/state.ts";
import { RuntimeError } from "../../src/errors.ts";

/**
 * What the reference knows of a container that changes (store/container/status.go). There is no state
 * in it: that is derived. Times in microseconds since 1970, 0 for "not yet".
 */
export interface Status {
  readonly pid: number;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** In memory only, as are the flags that follow. */
  readonly isUnknown: boolean;
  readonly isStarting: boolean;
  readonly isRemoving: boolean;
}

export const NEW_STATUS: Status = {
  pid: 0,
  createdAt: 0,
  startedAt: 0,
  finishedAt: 0,
  exitCode: 0,
  reason: "",
  message: "",
  isUnknown: false,
  isStarting: false,
  isRemoving: false,
};

/** store/container/status.go, State. */
export function stateOf(status: Status): ContainerState {
  if (status.isUnknown) return "UNKNOWN";
  if (status.finishedAt !== 0) return "EXITED";
  if (status.startedAt !== 0) return "RUNNING";
  return status.createdAt !== 0 ? "CREATED" : "UNKNOWN";
}

/** As readers see it. */
export function viewOf(status: Status): ContainerStatus {
  const { createdAt, startedAt, finishedAt, exitCode, reason, message } = status;
  return {
    ...created(createdAt),
    ...{ state: stateOf(status), startedAt, finishedAt, exitCode, reason, message },
  };
}

/** What of a status survives the daemon. */
export function textOf({ isUnknown: _u, isStarting: _s, isRemoving: _r, ...kept }: Status): string {
  return JSON.stringify({ version: "v1", ...kept });
}

/** @throws {RuntimeError} INTERNAL when it is not what was written. */
export function parseStatus(text: string): Status {
  try {
    const { version, ...kept } = JSON.parse(text);
    if (version === "v1") return { ...NEW_STATUS, ...kept };
  } catch {
    // As good as another version.
  }
  throw new RuntimeError("INTERNAL", "checkpoint is damaged");
}
