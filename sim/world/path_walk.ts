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

/** What is remembered of a path. */
interface Way {
  /** To the folder that it goes through last; undefined for that of the root, the empty path. */
  readonly parent: Way | undefined;
  readonly name: string;
  /** Where it leads, if that is a folder and it was gone; to be looked at before it is believed. */
  folder: Place | undefined;
}

/** What runs for days is to forget what it will not need again. */
const WAYS_MAX = 20_000;

/**
 * Follows paths from name to name (man 7 path_resolution), and remembers the folders that it came
 * through, as Linux does (Documentation/filesystems/path-lookup.rst).
 */
export class PathWalk {
  readonly #root: Place;
  /**
   * By path, each taken apart once. Folders only of what is reached without a symlink, "." and "..", and
   * not through an overlay.
   */
  readonly #ways: Map<string, Way> = new Map();

  constructor(root: Place) {
    this.#root = root;
  }

  /**
   * A folder has another name, or another file system covers what is in it. What else changes needs no
   * call: nothing is remembered of what is not there or is no folder, and of a folder that is gone, or
   * covered, or whose file system is unmounted, that is seen.
   */
  forget(): void {
    this.#ways.clear();
  }

  /** Where a path leads; an errno where something on the way is missing or no directory: nothing is thrown. */
  to(path: string, options: ResolveOptions): Place | Vacancy | Errno {
    if (path.charCodeAt(0) !== SLASH) return "ENOENT";
    if (options.root !== undefined) return follow(path, 0, options.root, options.root, options);
    const { parent, name } = this.#way(path);
    const folder = parent && this.#folder(parent);
    if (folder === undefined) return follow(path, 0, this.#root, this.#root, options);
    const index = path.length - name.length;
    if (isSpecial(name)) return follow(path, index, folder, this.#root, options);
    const inode = (folder.inode as Directory).lookup(name);
    if (inode === undefined) return { parent: folder as Vacancy["parent"], name };
    if (inode.kind === "symlink" && options.follow !== false) {
      return follow(path, index, folder, this.#root, options);
    }
    return crossMounts({ mount: folder.mount, inode, parent: folder, name });
  }

  #folder(way: Way): Place | undefined {
    const { parent, name, folder: known } = way;
    if (parent === undefined) return this.#root;
    // Whoever wants to know what is touched wants to see every folder on the way.
    if (known !== undefined && isThere(known) && footprints.present === undefined) return known;
    const folder = this.#folder(parent);
    if (folder === undefined || isSpecial(name)) return undefined;
    const inode = (folder.inode as Directory).lookup(name);
    if (!(inode instanceof Directory)) return undefined;
    const place = crossMounts({ mount: folder.mount, inode, parent: folder, name });
    if (!(place.inode instanceof Directory)) return undefined;
    // What is in an overlay depends on what is in its layers, which change on their own.
    if (place.inode instanceof OverlayDirectory) return undefined;
    return way.folder = place;
  }

  #way(path: string): Way {
    let way = this.#ways.get(path);
    if (way === undefined) {
      if (this.#ways.size >= WAYS_MAX) this.forget();
      const slash = path.lastIndexOf("/");
      const parent = slash < 0 ? undefined : this.#way(path.slice(0, slash));
      way = { parent, name: path.slice(slash + 1), folder: undefined };
      this.#ways.set(path, way);
    }
    return way;
  }
}

/** Whether a folder that was found still has its name, is mounted, and is covered by no other. */
function isThere({ inode, mount }: Place): boolean {
  return (inode.linkCount > 0 || inode === mount.root) && !mount.isDetached &&
    !mount.children.has(inode);
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
  if (place.mount.children.size === 0) return place;
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
