import { RuntimeError } from "../../src/errors.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { StoredRecord } from "../../src/kernel/store.ts";

/** The records that the reference keeps in its metadata database. */
export type Table = "container" | "sandbox" | "pause" | "lease";

/**
 * The metadata database: transactional, and apart from the status of containers (core/metadata).
 * Reading asks the database, so others may run before the answer.
 */
export class Meta {
  readonly #records = new Map<string, StoredRecord>();

  constructor(readonly kernel: Kernel) {}

  /** Reads what an earlier life has committed. */
  async load(): Promise<readonly StoredRecord[]> {
    const records = await this.kernel.store.load();
    for (const record of records) this.#records.set(keyOf(record.table, record.id), record);
    return records;
  }

  /** Records of a table, oldest first by id. */
  list(table: Table): readonly StoredRecord[] {
    return [...this.#records.values()].filter((it) => it.table === table);
  }

  /** Asks the database for something that decides nothing here. */
  async ask(): Promise<void> {
    await this.kernel.store.load();
  }

  /** @throws {RuntimeError} NOT_FOUND. */
  async get(table: Table, id: string): Promise<StoredRecord> {
    await this.ask();
    const record = this.#records.get(keyOf(table, id));
    if (record === undefined) throw notFound(`${table} "${id}" not found`);
    return record;
  }

  async put(table: Table, id: string, value: object): Promise<void> {
    const record = { table, id, value: JSON.stringify(value) };
    await this.kernel.store.commit([{ kind: "put", record }]);
    this.#records.set(keyOf(table, id), record);
  }

  /** @throws {RuntimeError} NOT_FOUND. */
  async delete(table: Table, id: string): Promise<void> {
    if (!this.#records.has(keyOf(table, id))) throw notFound(`${table} "${id}" not found`);
    await this.kernel.store.commit([{ kind: "delete", table, id }]);
    this.#records.delete(keyOf(table, id));
  }
}

export function notFound(message: string): RuntimeError {
  return new RuntimeError("NOT_FOUND", message);
}

/** What a caller takes for "it is gone already". */
export function isNotFound(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === "NOT_FOUND";
}

function keyOf(table: string, id: string): string {
  return `${table}/${id}`;
}
