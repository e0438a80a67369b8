import { attempt } from "./errno.ts";
import { hasErrno } from "../src/kernel/errno.ts";
import { basename, dirname, join } from "@std/path";

/** Where `path` leads, as mountinfo spells it; undefined when nothing leads there. */
export function realPath(path: string): string | undefined {
  try {
    return attempt("resolve", path, () => Deno.realPathSync(path));
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

/** The same for a path whose last part is not followed (man 2 lstat). */
export function realParentPath(path: string): string | undefined {
  const folder = realPath(dirname(path));
  return folder === undefined ? undefined : join(folder, basename(path));
}
