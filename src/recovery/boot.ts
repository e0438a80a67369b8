import type { Kernel } from "../kernel/kernel.ts";
import type { StoredRecord } from "../kernel/store.ts";

const TABLE = "daemon";
const ID = "boot";
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
  const last = records.find((it) => it.table === TABLE && it.id === ID)?.value;
  return last === bootId;
}

/** Writes down the boot that the records are now true of: the last step of a recovery. */
export async function recordBoot(kernel: Kernel): Promise<void> {
  const value = await readBootId(kernel);
  await kernel.store.commit([{ kind: "put", record: { table: TABLE, id: ID, value } }]);
}

async function readBootId(kernel: Kernel): Promise<string> {
  const content = await kernel.files.readFile(BOOT_ID_FILE, BOOT_ID_BYTES_MAX);
  return new TextDecoder().decode(content).trim();
}
