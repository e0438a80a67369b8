import type { ContainerStatus } from "../../../src/container/state.ts";
import type { ContainerView, Lifecycle, SandboxView } from "../operations.ts";
import type { Checker } from "./checker.ts";
import type { Facts } from "./facts.ts";
import { hold, short } from "./violation.ts";

const ORDER = { CREATED: 0, RUNNING: 1, UNKNOWN: 2, EXITED: 3 } as const;

/**
 * I8: readers see a container go CREATED, RUNNING, EXITED and a sandbox READY, not ready, never back,
 * with times in order, and an end never changes. Restarts of the daemon make no exception: what was
 * seen before is there after, as it was, unless its removal had begun.
 */
export class Monotone implements Checker {
  readonly #seen = new Map<string, ContainerStatus>();
  readonly #records = new Map<string, object>();
  /** Sandboxes that readers have seen ready, and whether they still are. */
  readonly #ready = new Map<string, boolean>();
  /** What readers saw when the daemon was killed, and must find again. */
  #mustReturn = new Set<string>();
  #isReady = false;
  #powerLossCount = 0;

  constructor(readonly facts: Facts) {}

  appeared({ id, record, status }: ContainerView): void {
    this.#requireSame(id, record);
    this.#observe(id, status);
  }

  changed({ id, status }: ContainerView): void {
    this.#observe(id, status);
  }

  vanished({ id }: ContainerView): void {
    this.#seen.delete(id);
  }

  sandboxAppeared(sandbox: SandboxView, isReady: boolean): void {
    this.#requireSame(sandbox.id, sandbox.record);
    this.sandboxChanged(sandbox, isReady);
  }

  sandboxChanged({ id }: SandboxView, isReady: boolean): void {
    const wasReady = this.#ready.get(id);
    hold(!isReady || wasReady !== false, "I8", () => `sandbox ${short(id)} is ready again`);
    if (isReady || wasReady !== undefined) this.#ready.set(id, isReady);
  }

  lifeBegan(): void {
    this.#isReady = false;
    // The gate closes before that is on the disk: a stop that a restart has cut off begins anew.
    this.#ready.clear();
    if (this.#powerLossCount !== this.facts.powerLossCount) this.#forgetIntents();
  }

  lifeEnded(runtime: Lifecycle): void {
    // One that is killed in its recovery has not told anybody anything yet.
    if (!this.#isReady) return;
    for (const { id, status } of runtime.containers.values()) {
      if (status.isRemoving || this.facts.isRemovalAsked(id)) this.#mustReturn.delete(id);
      else this.#mustReturn.add(id);
    }
    for (const { id } of runtime.sandboxes.values()) {
      if (!runtime.isReady(id) || this.facts.isRemovalAsked(id)) this.#mustReturn.delete(id);
      else this.#mustReturn.add(id);
    }
  }

  recovered(runtime: Lifecycle): void {
    this.#isReady = true;
    for (const id of this.#mustReturn) {
      hold(
        runtime.containers.get(id) !== undefined || runtime.sandboxes.get(id) !== undefined,
        "I8",
        () => `${short(id)} was forgotten in a restart`,
      );
    }
    this.#mustReturn = new Set();
  }

  /** What never changes is what it was, in memory and from the disk. */
  /** No reader sees an intent to start: it tells the next life on the same boot, and nobody after. */
  #forgetIntents(): void {
    this.#powerLossCount = this.facts.powerLossCount;
    for (const [id, status] of this.#seen) this.#seen.set(id, { ...status, startIntentAt: 0 });
  }

  #requireSame(id: string, record: object): void {
    const before = this.#records.get(id);
    this.#records.set(id, record);
    if (before === undefined) return;
    hold(
      sorted(before) === sorted(record),
      "I8",
      () => `the record of ${short(id)} was ${sorted(before)} and is ${sorted(record)}`,
    );
  }

  #observe(id: string, status: ContainerStatus): void {
    const last = this.#seen.get(id);
    if (status === last) return;
    this.#seen.set(id, status);
    const why = whyImpossible(status) ?? (last && whyNotAfter(last, status));
    hold(
      why === undefined,
      "I8",
      () => `container ${short(id)}: ${why}: ${textOf(last)} then ${textOf(status)}`,
    );
  }
}

/** What is wrong with a status by itself. */
function whyImpossible(status: ContainerStatus): string | undefined {
  const { state, createdAt, startedAt, finishedAt } = status;
  if (createdAt === 0) return "it was never created";
  if (startedAt !== 0 && startedAt < createdAt) return "it was started before it was created";
  if (finishedAt !== 0 && finishedAt < Math.max(startedAt, createdAt)) return "it ended too early";
  if ((finishedAt !== 0) !== (state === "EXITED")) return "its end has no time, or time no end";
  if (state === "RUNNING" && startedAt === 0) return "it runs and was never started";
  return undefined;
}

/** What is wrong with a status after another. */
function whyNotAfter(last: ContainerStatus, status: ContainerStatus): string | undefined {
  if (ORDER[last.state] > ORDER[status.state]) return "it went back";
  if (last.createdAt !== status.createdAt) return "it was created twice";
  if (last.startedAt !== 0 && last.startedAt !== status.startedAt) return "it was started twice";
  if (last.state !== "EXITED") return undefined;
  const isSame = last.exitCode === status.exitCode && last.finishedAt === status.finishedAt &&
    last.reason === status.reason && last.message === status.message;
  return isSame ? undefined : "its end has changed";
}

function textOf(status: ContainerStatus | undefined): string {
  if (status === undefined) return "nothing";
  return `${status.state}(${status.createdAt}/${status.startedAt}/${status.finishedAt} ` +
    `${status.exitCode} ${status.reason})`;
}

/** JSON with the keys in order, which a store need not keep. */
function sorted(record: object): string {
  return JSON.stringify(
    record,
    (_, value: unknown) =>
      typeof value !== "object" || value === null || Array.isArray(value)
        ? value
        : Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)),
  );
}
