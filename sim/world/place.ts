import type { Inode } from "./inode.ts";
import type { MountPoint } from "./mount_point.ts";

/** A file at the end of a path: which one, seen through which mount, and how one came there. */
export interface Place {
  readonly mount: MountPoint;
  readonly inode: Inode;
  readonly parent: Place | undefined;
  readonly name: string;
}

/** The path of a place, without symlinks. */
export function pathOf(place: Place): string {
  if (place.parent === undefined) return "/";
  let path = "";
  for (let at = place; at.parent !== undefined; at = at.parent) path = `/${at.name}${path}`;
  return path;
}
