import { join } from "@std/path";

import { failure } from "./exit_codes.ts";

/**
 * Makes a folder one daemon's own until the lock is disposed of. The kernel drops it with its holder,
 * so a daemon that was killed leaves none behind (man 2 flock).
 *
 * @throws {ExitError} when another daemon has it.
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  const file = await Deno.open(join(folder, "lock"), { create: true, write: true, mode: 0o600 });
  try {
    if (!await file.tryLock(true)) throw failure(`another daemon uses ${folder}`);
  } catch (error) {
    file.close();
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}
