import type { ContainerStatus } from "../../src/container/state.ts";

/** An invariant of the lifecycle was broken: the run has found a bug. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";

  /** @param invariant its number in the catalogue: "I1 single-start" */
  constructor(readonly invariant: string, message: string) {
    super(`${invariant}: ${message}`);
  }
}

/** Raises an {@linkcode InvariantViolation} unless `holds`. */
export function hold(holds: boolean, invariant: string, message: () => string): asserts holds {
  if (!holds) throw new InvariantViolation(invariant, message());
}

/**
 * Checks what a reader sees of one container over its whole life, restarts of the daemon included
 * (I8): states only move forward, times are ordered, an end never changes.
 */
export class StatusHistory {
  #last: ContainerStatus | undefined;

  constructor(readonly id: string) {}

  observe(status: ContainerStatus): void {
    const last = this.#last;
    if (status === last) return;
    this.#last = status;
    const about = () => `container ${this.id.slice(0, 8)}: ${text(last)} then ${text(status)}`;
    const { createdAt, startedAt, finishedAt } = status;
    hold(createdAt !== 0, "I8 monotone", about);
    hold(startedAt === 0 || startedAt >= createdAt, "I8 monotone", about);
    hold(finishedAt === 0 || finishedAt >= Math.max(startedAt, createdAt), "I8 monotone", about);
    hold((finishedAt !== 0) === (status.state === "EXITED"), "I8 monotone", about);
    hold(status.state !== "RUNNING" || startedAt !== 0, "I8 monotone", about);
    if (last === undefined) return;
    hold(mayFollow(last.state, status.state), "I8 monotone", about);
    hold(last.createdAt === createdAt, "I8 monotone", about);
    hold(last.startedAt === 0 || last.startedAt === startedAt, "I8 monotone", about);
    if (last.state !== "EXITED") return;
    hold(
      last.exitCode === status.exitCode && last.finishedAt === finishedAt &&
        last.reason === status.reason,
      "I8 monotone",
      about,
    );
  }
}

const ORDER = { CREATED: 0, RUNNING: 1, UNKNOWN: 2, EXITED: 3 } as const;

function mayFollow(from: ContainerStatus["state"], to: ContainerStatus["state"]): boolean {
  return ORDER[from] <= ORDER[to];
}

function text(status: ContainerStatus | undefined): string {
  if (status === undefined) return "nothing";
  return `${status.state}(${status.createdAt}/${status.startedAt}/${status.finishedAt} ` +
    `${status.exitCode} ${status.reason})`;
}
