import type { Errno } from "../../src/kernel/errno.ts";
import { footprints } from "../footprint.ts";
import { Directory } from "./inode.ts";
import { OverlayDirectory } from "./overlay.ts";
import type { Place } from "./place.ts";

/** Followed in one path before ELOOP (man 7 path_resolution). */
const SYMLINKS_MAX = 40;
const SLASH = 47;

/** How a path is followed. */
export interface ResolveOptions {
  /** Whether a symlink at the end is followed; true unless given. */
  readonly follow?: boolean;
  /** Taken for `/`: neither symlinks nor `..` lead out of it. */
  readonly root?: Place;
}

/** What is missing at the end of a path: where it would be. */
export interface Vacancy {
  readonly parent: Place & { readonly inode: Directory };
  readonly name: string;
}

/**
 * Follows paths from name to name (man 7 path_resolution), and remembers the folders that it came
 * through until it is told to forget them, as Linux does (Documentation/filesystems/path-lookup.rst).
 */
export class PathWalk {
  readonly #root: Place;
  /** By path. Only what is reached without a symlink, "." and "..", and not through an overlay. */
  readonly #folders: Map<string, Place> = new Map();

  constructor(root: Place) {
    this.#root = root;
  }

  /**
   * The name of a folder or of a symlink is gone or leads elsewhere, or a mount on a folder came or
   * went. New names need no call: nothing is remembered of what is not there.
   */
  forget(): void {
    if (this.#folders.size > 0) this.#folders.clear();
  }

  /** Where a path leads; an errno where something on the way is missing or no directory: nothing is thrown. */
  to(path: string, options: ResolveOptions): Place | Vacancy | Errno {
    if (path.charCodeAt(0) !== SLASH) return "ENOENT";
    if (options.root !== undefined) return follow(path, 0, options.root, options.root, options);
    const slash = path.lastIndexOf("/");
    const folder = this.#folder(path.slice(0, slash));
    if (folder === undefined) return follow(path, 0, this.#root, this.#root, options);
    const name = path.slice(slash + 1);
    if (isSpecial(name)) return follow(path, slash, folder, this.#root, options);
    const inode = (folder.inode as Directory).lookup(name);
    if (inode === undefined) return { parent: folder as Vacancy["parent"], name };
    if (inode.kind === "symlink" && options.follow !== false) {
      return follow(path, slash, folder, this.#root, options);
    }
    return crossMounts({ mount: folder.mount, inode, parent: folder, name });
  }

  #folder(path: string): Place | undefined {
    if (path === "") return this.#root;
    const known = this.#folders.get(path);
    // Whoever wants to know what is touched wants to see every folder on the way.
    if (known !== undefined && footprints.present === undefined) return known;
    const slash = path.lastIndexOf("/");
    const parent = this.#folder(path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (parent === undefined || isSpecial(name)) return undefined;
    const inode = (parent.inode as Directory).lookup(name);
    if (!(inode instanceof Directory)) return undefined;
    const place = crossMounts({ mount: parent.mount, inode, parent, name });
    if (!(place.inode instanceof Directory)) return undefined;
    // What is in an overlay depends on what is in its layers, which change on their own.
    if (place.inode instanceof OverlayDirectory) return undefined;
    this.#folders.set(path, place);
    return place;
  }
}

/** Whether it stands for no entry of a directory. */
function isSpecial(name: string): boolean {
  return name === "" || name === "." || name === "..";
}

/** Follows what is left of a path from `index` on; `top` is what "/" means on the way. */
function follow(
  path: string,
  index: number,
  from: Place,
  top: Place,
  options: ResolveOptions,
): Place | Vacancy | Errno {
  let at = from;
  let symlinks = 0;
  let rest = path;
  for (let start = nameStart(rest, index); start < rest.length;) {
    const slash = rest.indexOf("/", start);
    const end = slash < 0 ? rest.length : slash;
    const name = rest.slice(start, end);
    start = nameStart(rest, end);
    const isLast = start === rest.length;
    if (name === ".") continue;
    if (name === "..") {
      if (at.parent !== undefined && at.inode !== top.inode) at = at.parent;
      continue;
    }
    if (!(at.inode instanceof Directory)) return "ENOTDIR";
    const inode = at.inode.lookup(name);
    if (inode === undefined) {
      if (!isLast) return "ENOENT";
      return { parent: at as Vacancy["parent"], name };
    }
    if (inode.kind === "symlink" && (!isLast || options.follow !== false)) {
      if (++symlinks > SYMLINKS_MAX) return "ELOOP";
      if (inode.target.startsWith("/")) at = top;
      rest = `${inode.target}/${rest.slice(start)}`;
      start = nameStart(rest, 0);
      continue;
    }
    at = crossMounts({ mount: at.mount, inode, parent: at, name });
  }
  return at;
}

/** What is mounted on a place, and on that, and so on. */
function crossMounts(place: Place): Place {
  place.inode.touch("read");
  let child = place.mount.children.get(place.inode);
  if (child === undefined) return place;
  let { mount, inode } = place;
  while (child !== undefined) {
    mount = child;
    inode = child.root;
    child = mount.children.get(inode);
  }
  return { mount, inode, parent: place.parent, name: place.name };
}

/** Where the next name of a path begins, from `index` on; its length when there is none. */
function nameStart(path: string, index: number): number {
  while (path.charCodeAt(index) === SLASH) index++;
  return index;
}
