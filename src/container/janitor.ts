import { messageOf, RuntimeError } from "../errors.ts";
import { type Context, pause, waitFor } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { discardFiles } from "./discard.ts";
import { deleteContainerRecord } from "./record.ts";
import { SharedOrderedMap } from "../kernel/shared_memory.ts";

/** The next try of what is still to be done for an object. */
interface Try {
  /** Makes it come now. */
  readonly hurried: PromiseWithResolvers<void>;
  /** Settles with it. */
  readonly done: PromiseWithResolvers<void>;
  /** The sandbox that the object was to be in; undefined for what has a record, or none any more. */
  readonly sandboxId: string | undefined;
}

/**
 * Brings objects where they belong when nobody else will: containers that never came to be, since their
 * client was told that they failed; what recovery finds without a record, and what it could not
 * recover at once. What cannot be done at once is tried again in the background, further and further
 * apart, sooner when somebody asks; what a crash leaves then, at the next recovery.
 */
export class Janitor {
  readonly #pending = new SharedOrderedMap<string, Try>();

  constructor(readonly runtime: Runtime) {}

  /** How many objects still have something to clear away. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Clears away what there is of a container that nobody has heard of; never throws. */
  async discard(id: string, sandboxId: string): Promise<void> {
    await this.clear(id, async () => {
      await discardFiles(this.runtime, id);
      await this.runtime.kernel.store.commit(deleteContainerRecord(id));
      await this.runtime.images.release(id);
    }, sandboxId);
  }

  /** Does `work`, which is idempotent, now or as soon as it can be done; never throws. */
  async clear(id: string, work: () => Promise<void>, sandboxId?: string): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.runtime.reportIfBug(error);
      this.runtime.telemetry.log("error", "cannot bring an object where it belongs yet", {
        id,
        error: messageOf(error),
      });
      this.runtime.life.own(this.#goOn(id, work, sandboxId));
    }
  }

  /**
   * Has what is still to be done for an object tried now, and waits for that; nothing to be done is fine.
   *
   * @throws {RuntimeError} UNAVAILABLE when it cannot be done yet; the context's cause.
   */
  async hurry(id: string, context: Context): Promise<void> {
    const next = this.#pending.get(id);
    if (next === undefined) return;
    next.hurried.resolve();
    await waitFor(next.done.promise, context);
  }

  /**
   * The same for all containers that never came to be in a sandbox: their records may be on disk, and
   * would outlive the sandbox's own (RACES.md W5b).
   *
   * @throws as {@linkcode hurry}.
   */
  async hurryIn(sandboxId: string, context: Context): Promise<void> {
    const inside = [...this.#pending].filter(([, it]) => it.sandboxId === sandboxId);
    await Promise.all(inside.map(([id]) => this.hurry(id, context)));
  }

  async #goOn(id: string, work: () => Promise<void>, sandboxId?: string): Promise<void> {
    const { kernel, config, life } = this.runtime;
    let pauseMs = config.bounds.reaperFirstMs;
    while (true) {
      const next = this.#expect(id, sandboxId);
      await pause(kernel.clock, pauseMs, next.hurried.promise, life);
      pauseMs = Math.min(pauseMs * 2, config.bounds.reaperLongestMs);
      try {
        life.throwIfCancelled();
        await work();
        this.#pending.delete(id);
        return next.done.resolve();
      } catch (error) {
        next.done.reject(new RuntimeError("UNAVAILABLE", `"${id}": ${messageOf(error)}`));
        if (life.cause !== undefined) return void this.#pending.delete(id);
        this.runtime.reportIfBug(error);
      }
    }
  }

  #expect(id: string, sandboxId: string | undefined): Try {
    const next = {
      sandboxId,
      hurried: Promise.withResolvers<void>(),
      done: Promise.withResolvers<void>(),
    };
    next.done.promise.catch(() => {});
    this.#pending.set(id, next);
    return next;
  }
}
