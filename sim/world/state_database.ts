import type { Prng } from "../random.ts";
import type { Change, Durability, StoredRecord } from "../../src/kernel/store.ts";

/** What a commit replaced, key by key, to be put back in reverse. */
type Replaced = readonly (readonly [key: string, before: StoredRecord | undefined])[];

/**
 * The embedded database, modelled by its promise: a committed transaction survives every crash of the
 * daemon, one that is not is not there; of those that need not survive the machine the last ones are lost
 * with its power (SQLite, a write-ahead log).
 */
export class StateDatabase {
  readonly #records: Map<string, StoredRecord> = new Map();
  commitCount = 0;
  /** The commits that the power may take. */
  #unsynced: Replaced[] = [];

  /** Ordered by table and id. */
  records(): readonly StoredRecord[] {
    return [...this.#records.values()].sort((a, b) =>
      compareText(a.table, b.table) || compareText(a.id, b.id)
    );
  }

  commit(changes: readonly Change[], survives: Durability = "machine"): void {
    this.commitCount++;
    if (survives === "machine") this.sync();
    else this.#unsynced.push(changes.map(keyOf).map((key) => [key, this.#records.get(key)]));
    for (const change of changes) {
      this.#set(keyOf(change), change.kind === "put" ? change.record : undefined);
    }
  }

  /** All that was committed survives the machine from now on. */
  sync(): void {
    this.#unsynced = [];
  }

  /** The power is gone, and with it some of the last commits. */
  losePower(random: Pick<Prng, "below">): void {
    const lost = this.#unsynced.length === 0 ? 0 : random.below(this.#unsynced.length + 1);
    for (let count = 0; count < lost; count++) {
      for (const [key, before] of this.#unsynced.pop() ?? []) this.#set(key, before);
    }
    this.#unsynced = [];
  }

  #set(key: string, record: StoredRecord | undefined): void {
    if (record === undefined) this.#records.delete(key);
    else this.#records.set(key, record);
  }
}

function keyOf(change: Change): string {
  const { table, id } = change.kind === "put" ? change.record : change;
  return `${table}\0${id}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
