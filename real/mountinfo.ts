import type { MountSharing } from "../src/kernel/mounts.ts";
import { attempt } from "./errno.ts";

/** One line of /proc/PID/mountinfo (man 5 proc). */
export interface MountEntry {
  readonly id: number;
  readonly parentId: number;
  /** "major:minor", which names the file system. */
  readonly device: string;
  /** The directory of the file system that is seen at the mount point. */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  /** By its optional fields, "shared:ID" and "master:ID"; a mount that has both gives as well as takes. */
  readonly sharing: MountSharing;
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** What can come as an octal number, the hash on newer kernels (mangle in fs/proc_namespace.c). */
const ESCAPED = /[ \t\n\\#]/;

/** The mounts in the daemon's mount namespace, in the order in which they were made. */
export function mountTable(): MountEntry[] {
  return parseMountinfo(readTable());
}

/**
 * The mounts at paths, which have no symlink in them, and below: one path after the other, in the order in
 * which they were made.
 */
export function mountsBelow(paths: readonly string[]): MountEntry[] {
  const table = readTable();
  return paths.flatMap((it) => parseMountsBelow(table, it));
}

function readTable(): string {
  const table = "/proc/self/mountinfo";
  return attempt("read", table, () => Deno.readTextFileSync(table));
}

/**
 * As {@linkcode parseMountinfo}, of the mounts at `path` and below. Only lines that name the path are taken
 * apart: a node with 200 pods has a thousand, and whoever removes a pod looks several times.
 */
export function parseMountsBelow(text: string, path: string): MountEntry[] {
  // Kernels differ in what they escape: the longest part of which none of them changes anything.
  const part = path.split(ESCAPED).reduce((longest, it) =>
    it.length > longest.length ? it : longest
  );
  const lines = text.split("\n").filter((line) => line.includes(part));
  return entriesBelow(lines.flatMap((line) => parseLine(line) ?? []), path);
}

/** Reads mountinfo; what is no line of it is left out. */
export function parseMountinfo(text: string): MountEntry[] {
  return text.split("\n").flatMap((line) => parseLine(line) ?? []);
}

/** The mount that a path, which has no symlink in it, is in: of the longest mount point above it, the last. */
export function mountOf(entries: readonly MountEntry[], path: string): MountEntry | undefined {
  const above = entries.filter(({ mountPoint }) =>
    mountPoint === path || path.startsWith(mountPoint === "/" ? "/" : `${mountPoint}/`)
  );
  return above.reduce<MountEntry | undefined>(
    (found, it) => it.mountPoint.length >= (found?.mountPoint.length ?? 0) ? it : found,
    undefined,
  );
}

/** The entries whose mount point is `path` or below it. */
function entriesBelow(entries: readonly MountEntry[], path: string): MountEntry[] {
  const folder = path === "/" ? "/" : `${path}/`;
  return entries.filter(({ mountPoint }) => mountPoint === path || mountPoint.startsWith(folder));
}

/** The number of optional fields before the dash differs. */
function parseLine(line: string): MountEntry | undefined {
  const fields = line.split(" ");
  const dash = fields.indexOf("-", 6);
  const [id, parentId, device, root, mountPoint, options] = fields;
  const [type, source, superOptions] = fields.slice(dash + 1);
  if (dash < 0 || superOptions === undefined) return undefined;
  return {
    id: Number(id),
    parentId: Number(parentId),
    device: device!,
    root: unescape(root!),
    mountPoint: unescape(mountPoint!),
    options: options!.split(","),
    sharing: sharingOf(fields.slice(6, dash)),
    type: unescape(type!),
    source: unescape(source!),
    superOptions: superOptions.split(","),
  };
}

function sharingOf(tags: readonly string[]): MountSharing {
  if (tags.some((it) => it.startsWith("shared:"))) return "shared";
  return tags.some((it) => it.startsWith("master:")) ? "slave" : "private";
}

/** Space, tab, newline, backslash and hash come as three octal digits (mangle in fs/proc_namespace.c). */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}
