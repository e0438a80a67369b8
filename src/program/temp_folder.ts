import { statfs } from "node:fs/promises";

import { failure } from "./exit_codes.ts";

/** statfs(2), f_type. */
const OVERLAYFS = 0x794c7630;
const PLACES: readonly string[] = ["/var/tmp", "/tmp", "/run", "/dev/shm"];

/**
 * Makes a folder of our own that images can be unpacked and run in: a file system that is an overlay
 * itself, as the root of most containers is, cannot carry another one's writable layer.
 *
 * @throws {ExitError} when there is no such place.
 */
export async function makeTempFolder(prefix: string): Promise<string> {
  for (const dir of PLACES) {
    const type = await statfs(dir).then((it) => it.type, () => OVERLAYFS);
    if (type !== OVERLAYFS) return await Deno.makeTempDir({ dir, prefix });
  }
  throw failure(`each of ${PLACES.join(", ")} is on an overlay: no place for images`);
}
