import type { Change, StoredRecord } from "../../src/kernel/store.ts";

/**
 * The embedded database, modelled by its promise: a committed transaction survives every crash, one
 * that is not is not there (SQLite, WAL with synchronous=FULL).
 */
export class StateDatabase {
  readonly #records: Map<string, StoredRecord> = new Map();
  commitCount = 0;

  /** Ordered by table and id. */
  records(): readonly StoredRecord[] {
    return [...this.#records.values()].sort((a, b) =>
      compareText(a.table, b.table) || compareText(a.id, b.id)
    );
  }

  commit(changes: readonly Change[]): void {
    this.commitCount++;
    for (const change of changes) {
      if (change.kind === "put") {
        const { table, id } = change.record;
        this.#records.set(`${table}\0${id}`, change.record);
      } else this.#records.delete(`${change.table}\0${change.id}`);
    }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
