import type { Config } from "../config.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { CONTAINER_STATUS_TABLE, CONTAINER_TABLE } from "../container/record.ts";
import type { ContainerStatus } from "../container/state.ts";
import { RuntimeError } from "../errors.ts";
import type { StoredRecord } from "../kernel/store.ts";
import { parseRecord } from "../records.ts";
import { SANDBOX_STATUS_TABLE, SANDBOX_TABLE } from "../sandbox/record.ts";
import type { SandboxStatus } from "../sandbox/state.ts";
import { textOf } from "../utf8.ts";

const TABLE = "daemon";
const ID = "boot";
const STATE_ID = "state";
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";
const BOOT_ID_BYTES_MAX = 128;

/**
 * Whether the machine has been up since the records were written. After a reboot nothing that ran is
 * alive, and pids mean nothing (man 4 random, boot_id).
 */
export async function isSameBoot(
  kernel: Kernel,
  records: readonly StoredRecord[],
): Promise<boolean> {
  const bootId = await readBootId(kernel);
  return valueOf(records, ID) === bootId;
}

/**
 * Refuses a folder for state that is not the one in which this boot's pods have theirs: nothing of them would be
 * found, neither to go on with nor to end.
 *
 * @throws {RuntimeError} FAILED_PRECONDITION with both folders.
 */
export function requireState({ root, state }: Config, records: readonly StoredRecord[]): void {
  const last = valueOf(records, STATE_ID);
  const hasPods = records.some((it) => it.table === SANDBOX_TABLE || it.table === CONTAINER_TABLE);
  if (last === undefined || last === state || !hasPods) return;
  throw new RuntimeError(
    "FAILED_PRECONDITION",
    `the pods of ${root} have their state in ${last}, not in ${state}: ` +
      "serve them with that folder until they are removed, or reboot",
  );
}

/** Writes down the boot that the records are now true of, and where its state is: the last step of a recovery. */
export async function recordBoot(kernel: Kernel, { state }: Config): Promise<void> {
  const value = await readBootId(kernel);
  const records = [{ table: TABLE, id: ID, value }, { table: TABLE, id: STATE_ID, value: state }];
  await kernel.store.commit(records.map((record) => ({ kind: "put", record })));
}

function valueOf(records: readonly StoredRecord[], id: string): string | undefined {
  return records.find((it) => it.table === TABLE && it.id === id)?.value;
}

/**
 * Takes out of the records what they know of processes, durably: it is from another boot, in which
 * somebody else may have the same pid since the same time, the daemon itself for one. A container that was
 * about to be started may have been seen RUNNING, which was not synced, as the intent was: it is RUNNING, until
 * it is found to have ended.
 */
export async function forgetProcesses(
  kernel: Kernel,
  records: readonly StoredRecord[],
): Promise<readonly StoredRecord[]> {
  const kept = records.map(withoutProcesses);
  const changed = kept.filter((record, index) => record !== records[index]);
  if (changed.length > 0) {
    await kernel.store.commit(changed.map((record) => ({ kind: "put", record })));
  }
  return kept;
}

/** The same record where there is nothing to forget, or nothing can be read. */
function withoutProcesses(record: StoredRecord): StoredRecord {
  if (record.table !== CONTAINER_STATUS_TABLE && record.table !== SANDBOX_STATUS_TABLE) {
    return record;
  }
  try {
    const { init, supervisor, pause, ...rest } = parseRecord(
      record.table,
      record.id,
      record.value,
    ) as
      & Partial<ContainerStatus>
      & Partial<SandboxStatus>;
    if ([init, supervisor, pause].every((it) => it === undefined)) return record;
    return { ...record, value: JSON.stringify(startedIfIntended(rest)) };
  } catch (error) {
    if (error instanceof RuntimeError) return record;
    throw error;
  }
}

function startedIfIntended(status: object): object {
  const { state, startIntentAt = 0 } = status as Partial<ContainerStatus>;
  const isIntended = state === "CREATED" && startIntentAt !== 0;
  return isIntended ? { ...status, state: "RUNNING", startedAt: startIntentAt } : status;
}

async function readBootId(kernel: Kernel): Promise<string> {
  const content = await kernel.files.readFile(BOOT_ID_FILE, BOOT_ID_BYTES_MAX);
  return textOf(content).trim();
}
