import { KernelError } from "../src/kernel/errno.ts";
import { asKernelError, attempt } from "./errno.ts";
import { mountsBelow } from "./mountinfo.ts";
import { realParentPath } from "./path.ts";
import { isMountPoint, statOf } from "./stat.ts";

/** Entries of a small tree, which are asked one by one, in 5 µs each; for more the table of all mounts is read. */
const ENTRIES_MAX = 64;
/**
 * No longer folder is read, since one is read whole, and a container may have put millions of entries into it.
 * Those of a small tree fit, whatever their names (man 2 stat, st_size).
 */
const FOLDER_BYTES_MAX = 32 * 1024;
/** Longer ones, with a name appended, might be longer than Linux takes (PATH_MAX); a character is 3 bytes at most. */
const PATH_CHARS_MAX = 1_200;
/** In place of bytes that are no UTF-8: a name with it leads nowhere. */
const REPLACED = "\ufffd";

/**
 * Refuses a directory at or below which something is mounted.
 *
 * The kernel writes its table of mounts anew for each reader, which takes milliseconds beside hundreds of
 * pods; what is removed with a container has a dozen entries.
 *
 * @returns whether all of the tree was seen: it is small
 * @throws {KernelError} EBUSY
 */
export function refuseMounts(folder: string): boolean {
  return attempt("remove", folder, () => {
    const inSmall = mountInSmall(folder);
    const mountPoint = inSmall ?? mountInTable(folder);
    if (mountPoint === "") return inSmall !== undefined;
    throw new KernelError("remove", "EBUSY", folder, { detail: `${mountPoint} is mounted` });
  });
}

/** Where something is mounted, "" for nowhere; undefined when there is too much to ask, or what cannot be asked. */
function mountInSmall(folder: string): string | undefined {
  const folders = [folder];
  let entries = 0;
  for (const path of folders) {
    if (path.length > PATH_CHARS_MAX) return undefined;
    const isMounted = isMountPoint(path);
    if (isMounted === undefined) return undefined;
    if (isMounted) return path;
    if ((statOf(path)?.sizeBytes ?? 0) > FOLDER_BYTES_MAX) return undefined;
    for (const { name, isDirectory } of entriesOf(path)) {
      if (++entries > ENTRIES_MAX || name.includes(REPLACED)) return undefined;
      if (isDirectory) folders.push(`${path}/${name}`);
      else if (isMountPoint(`${path}/${name}`)) return `${path}/${name}`;
    }
  }
  return "";
}

/** Somebody else may remove the tree as well. */
function entriesOf(folder: string): Iterable<Deno.DirEntry> {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw asKernelError("remove", folder, error);
  }
}

function mountInTable(folder: string): string {
  const real = realParentPath(folder);
  return real === undefined ? "" : mountsBelow([real])[0]?.mountPoint ?? "";
}
