import { messageOf } from "../errors.ts";
import type { Change, StoredRecord } from "../kernel/store.ts";
import type { Runtime } from "../runtime.ts";

const TABLE_PREFIX = "damaged_";

/**
 * Sets records aside that cannot be read: nothing is lost, nothing trips over them again. What runs
 * under their id is an orphan from then on.
 */
export async function quarantine(
  runtime: Runtime,
  tables: readonly string[],
  id: string,
  records: readonly StoredRecord[],
  error: unknown,
): Promise<void> {
  runtime.telemetry.log("error", "a record is damaged and was set aside", {
    id,
    error: messageOf(error),
  });
  const changes = records
    .filter((record) => record.id === id && tables.includes(record.table))
    .flatMap((record): Change[] => [
      { kind: "put", record: { ...record, table: `${TABLE_PREFIX}${record.table}` } },
      { kind: "delete", table: record.table, id },
    ]);
  await runtime.kernel.store.commit(changes);
}
