import type { Change, Durability, StateStore, StoredRecord } from "../../src/kernel/store.ts";
import type { Life } from "./life.ts";

/** The port's store. */
export class SimStore implements StateStore {
  readonly #life: Life;

  constructor(life: Life) {
    this.#life = life;
  }

  load(): Promise<readonly StoredRecord[]> {
    return this.#life.call("store.load", undefined, () => this.#life.machine.store.records());
  }

  commit(changes: readonly Change[], survives: Durability = "machine"): Promise<void> {
    return this.#life.call("store.commit", changes, () => {
      this.#life.machine.store.commit(changes, survives);
    }, true);
  }

  sync(): Promise<void> {
    return this.#life.call("store.sync", undefined, () => this.#life.machine.store.sync(), true);
  }
}
