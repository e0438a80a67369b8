import { messageOf } from "../errors.ts";
import { sleep } from "../kernel/context.ts";
import type { Runtime } from "../runtime.ts";
import { discardFiles } from "./discard.ts";
import { deleteContainerRecord } from "./record.ts";

/**
 * Brings objects where they belong when nobody else will: containers that never came to be, since their
 * client was told that they failed; what recovery finds without a record, and what it could not
 * recover at once. What cannot be done at once is tried again in
 * the background, further and further apart; what a crash leaves then, at the next recovery.
 */
export class Janitor {
  readonly #pending = new Set<string>();

  constructor(readonly runtime: Runtime) {}

  /** How many objects still have something to clear away. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Clears away what there is of a container that nobody has heard of; never throws. */
  async discard(id: string): Promise<void> {
    await this.clear(id, async () => {
      await discardFiles(this.runtime, id);
      await this.runtime.kernel.store.commit(deleteContainerRecord(id));
      await this.runtime.images.release(id);
    });
  }

  /** Does `work`, which is idempotent, now or as soon as it can be done; never throws. */
  async clear(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.runtime.reportIfBug(error);
      this.runtime.telemetry.log("error", "cannot bring an object where it belongs yet", {
        id,
        error: messageOf(error),
      });
      this.#goOn(id, work);
    }
  }

  async #goOn(id: string, work: () => Promise<void>): Promise<void> {
    const { kernel, config, life } = this.runtime;
    this.#pending.add(id);
    let pauseMs = config.bounds.reaperFirstMs;
    while (life.cause === undefined) {
      await sleep(kernel.clock, pauseMs, life).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, config.bounds.reaperLongestMs);
      if (await work().then(() => true, () => false)) break;
    }
    this.#pending.delete(id);
  }
}
