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
  readonly type: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

/** The mounts in the daemon's mount namespace, in the order in which they were made. */
export function mountTable(): MountEntry[] {
  return parseMountinfo(Deno.readTextFileSync("/proc/self/mountinfo"));
}

/** Reads mountinfo; what is no line of it is left out. */
export function parseMountinfo(text: string): MountEntry[] {
  return text.split("\n").flatMap((line) => parseLine(line) ?? []);
}

/** The entries whose mount point is `path` or below it. */
export function entriesBelow(entries: readonly MountEntry[], path: string): MountEntry[] {
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
    type: unescape(type!),
    source: unescape(source!),
    superOptions: superOptions.split(","),
  };
}

/** Space, tab, newline, backslash and hash come as three octal digits (mangle in fs/proc_namespace.c). */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}
