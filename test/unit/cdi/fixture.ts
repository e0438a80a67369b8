import { KernelError } from "../../../src/kernel/errno.ts";
import type { Files, FileStat } from "../../../src/kernel/files.ts";
import { noEntry, partial } from "../fakes.ts";

/** What is at a path: the content of a file, or something else. */
export type Entry = string | Partial<FileStat> | { readonly leadsTo: string };

/** A spec file with devices that set a variable each: by name, its value. */
export function specOf(devices: Readonly<Record<string, string>>, more: object = {}): string {
  const described = Object.entries(devices).map(([name, value]) => (
    { name, containerEdits: { env: [`${name.toUpperCase()}=${value}`] } }
  ));
  return JSON.stringify({ cdiVersion: "1.1.0", kind: "v.com/c", devices: described, ...more });
}

/** The files of a host, by path; folders are those that something is in. Says what was opened. */
export function filesWith(
  entries: Readonly<Record<string, Entry>>,
  opened: string[] = [],
): Files {
  return partial<Files>("files", {
    list(path) {
      const names = Object.keys(entries).filter((it) => it.startsWith(`${path}/`))
        .map((it) => it.slice(path.length + 1)).sort();
      return names.length > 0 ? Promise.resolve(names) : Promise.reject(noEntry(path));
    },
    stat(path) {
      const entry = entries[path];
      if (entry === undefined) return Promise.resolve(undefined);
      return Promise.resolve(partial<FileStat>("stat", { node: undefined, ...statOf(entry) }));
    },
    resolveInRoot(_, path) {
      const entry = entries[path];
      const target = typeof entry === "object" && "leadsTo" in entry ? entry.leadsTo : path;
      if (entries[target] !== undefined) return Promise.resolve(target);
      return Promise.reject(new KernelError("resolveInRoot", "ENOENT", path));
    },
    readFile(path, bytesMax) {
      opened.push(path);
      const entry = entries[path];
      if (typeof entry !== "string") return Promise.reject(noEntry(path));
      if (entry.length > bytesMax) {
        return Promise.reject(new KernelError("readFile", "EFBIG", path));
      }
      return Promise.resolve(new TextEncoder().encode(entry));
    },
  });
}

function statOf(entry: Entry): Partial<FileStat> {
  if (typeof entry === "string") return { kind: "file" };
  return "leadsTo" in entry ? { kind: "symlink" } : entry;
}
