import { messageOf } from "../errors.ts";
import { pause } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import type { Container } from "./container.ts";
import { taskIdentity } from "./task.ts";
import { type ContainerStatus, ended, type Ending, lost } from "./state.ts";
import { endUpdates } from "./update.ts";

/** What a container is being brought to, and how often that was tried. */
interface Settlement {
  readonly done: Promise<void>;
  /** Ends the pause before the next try. */
  retryNow: () => void;
  /** Settles with the first try: done, or the reason why it goes on in the background. */
  readonly firstTry: Promise<void>;
}

/**
 * Brings containers to their end: nothing left running, EXITED on disk, STOPPED announced. There is one
 * way to the end and one who goes it, for an exit, a failed start, a lost container and a recovered
 * one alike. When a step fails the container is UNKNOWN, never EXITED (RACES.md W2), and the tries go
 * on in the background, further and further apart, sooner when somebody asks.
 */
export class Settler {
  readonly #settlements = new Map<string, Settlement>();

  constructor(readonly runtime: Runtime) {}

  /** Whether a container is on its way to its end. */
  isSettling(id: string): boolean {
    return this.#settlements.has(id);
  }

  /**
   * Ends a container. Returns when it is EXITED, or throws when the first try failed and others will
   * follow. A container that is being ended already keeps the first ending.
   *
   * @param mayHaveHelpers whether conmon or the OCI runtime may still be creating its task
   */
  settle(container: Container, ending: Ending, mayHaveHelpers: boolean): Promise<void> {
    const running = this.#settlements.get(container.id);
    if (running !== undefined) {
      running.retryNow();
      return running.firstTry;
    }
    const firstTry = Promise.withResolvers<void>();
    firstTry.promise.catch(() => {});
    const settlement: Settlement = {
      done: this.#settle(container, ending, mayHaveHelpers, firstTry),
      retryNow: () => {},
      firstTry: firstTry.promise,
    };
    this.#settlements.set(container.id, settlement);
    settlement.done.catch(() => {}).finally(() => this.#settlements.delete(container.id));
    return settlement.firstTry;
  }

  /** Makes the next try come now. */
  hurry(id: string): void {
    this.#settlements.get(id)?.retryNow();
  }

  async #settle(
    container: Container,
    ending: Ending,
    mayHaveHelpers: boolean,
    firstTry: PromiseWithResolvers<void>,
  ): Promise<void> {
    const { kernel, config, life, telemetry } = this.runtime;
    let pauseMs = config.bounds.reaperFirstMs;
    while (life.cause === undefined) {
      try {
        await this.#try(container, ending, mayHaveHelpers);
        firstTry.resolve();
        return;
      } catch (error) {
        if (life.cause !== undefined) break;
        this.runtime.reportIfBug(error);
        telemetry.log("error", "cannot end container yet", {
          id: container.id,
          error: messageOf(error),
        });
        await this.#markUnknown(container, error);
        firstTry.reject(error);
      }
      const hurried = Promise.withResolvers<void>();
      const settlement = this.#settlements.get(container.id);
      if (settlement !== undefined) settlement.retryNow = hurried.resolve;
      await pause(kernel.clock, pauseMs, hurried.promise, life);
      pauseMs = Math.min(pauseMs * 2, config.bounds.reaperLongestMs);
      mayHaveHelpers = true;
    }
    firstTry.reject(life.cause);
  }

  async #try(container: Container, ending: Ending, mayHaveHelpers: boolean): Promise<void> {
    const { reaper, life } = this.runtime;
    using bounded = this.runtime.rollbackContext();
    if (await endUpdates(container, bounded)) mayHaveHelpers = true;
    if (container.preparation !== undefined) {
      await container.preparation.cancel(bounded);
      mayHaveHelpers = true;
    }
    using _turn = await container.reapers.take(bounded);
    const { init, supervisor } = container.status;
    const known = [
      container.task?.init.identity ?? init,
      container.task?.supervisor?.identity ?? supervisor,
    ];
    const identity = taskIdentity(this.runtime, container.record);
    await reaper.reap(identity, { mayHaveHelpers, known }, bounded);
    life.throwIfCancelled();
    container.preparation = undefined;
    container.doubtfulLimits = undefined;
    await container.transition(
      (status) => status.state === "EXITED" ? undefined : ended(status, ending),
      "STOPPED",
    );
    container.task?.[Symbol.dispose]();
    container.task = undefined;
  }

  async #markUnknown(container: Container, error: unknown): Promise<void> {
    const next = (status: ContainerStatus) =>
      status.state === "EXITED" || status.state === "UNKNOWN"
        ? undefined
        : lost(status, messageOf(error));
    await container.transition(next).catch(() => {});
  }
}
