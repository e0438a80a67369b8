import { messageOf } from "../errors.ts";
import { pause } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import type { Container } from "./container.ts";
import { taskIdentity } from "./task.ts";
import { type ContainerStatus, ended, type Ending, lost } from "./state.ts";
import { endUpdates } from "./update.ts";
import { shared, SharedMap } from "../kernel/shared_memory.ts";

/** One container on its way to its end. */
class Settlement {
  /** Settles with the first try: done, or the reason why it goes on in the background. */
  readonly firstTry = Promise.withResolvers<void>();
  /** Ends the pause before the next try. */
  @shared
  accessor retryNow: () => void = () => {};

  constructor() {
    this.firstTry.promise.catch(() => {});
  }
}

/**
 * Brings containers to their end: nothing left running, EXITED on disk, STOPPED announced. There is one
 * way to the end and one who goes it, for an exit, a failed start, a lost container and a recovered
 * one alike. When a step fails the container is UNKNOWN, never EXITED (RACES.md W2), and the tries go
 * on in the background, further and further apart, sooner when somebody asks.
 */
export class Settler {
  readonly #settlements = new SharedMap<string, Settlement>();

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
      return running.firstTry.promise;
    }
    const settlement = new Settlement();
    const done = this.#settle(container, ending, mayHaveHelpers, settlement);
    this.#settlements.set(container.id, settlement);
    this.runtime.life.own(done).catch(() => {}).finally(() =>
      this.#settlements.delete(container.id)
    );
    return settlement.firstTry.promise;
  }

  /** Makes the next try come now. */
  hurry(id: string): void {
    this.#settlements.get(id)?.retryNow();
  }

  async #settle(
    container: Container,
    ending: Ending,
    mayHaveHelpers: boolean,
    settlement: Settlement,
  ): Promise<void> {
    const { firstTry } = settlement;
    const { kernel, config, life, telemetry, hooks } = this.runtime;
    let pauseMs = config.bounds.reaperFirstMs;
    while (life.cause === undefined) {
      try {
        await this.#try(container, ending, mayHaveHelpers);
        firstTry.resolve();
        void life.own(hooks.container("stopContainer", container, life));
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
      settlement.retryNow = hurried.resolve;
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
