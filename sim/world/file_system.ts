import type { Prng } from "../random.ts";
import { type Content, sizeOf, toBytes } from "./content.ts";
import { FileLock } from "./file_lock.ts";
import { Directory, Inode } from "./inode.ts";

/** The kinds of file systems that behave differently here. */
export type FileSystemType = "ext4" | "tmpfs" | "proc" | "nsfs" | "overlay" | "cgroup2";

/**
 * One file system. On a disk, a file's data and each directory entry become durable on their own, when
 * they are synced: fsync of a file does not persist its name (man 2 fsync).
 */
export class FileSystem {
  readonly root: Directory;
  #inodeCount: number;
  /** What the disk still has of files that were changed since the last sync. */
  readonly #dirtyContents: Map<Inode, Content> = new Map();
  /** What the disk still has of directory entries that were changed since the last sync. */
  readonly #dirtyEntries: Map<Directory, Map<string, Inode | undefined>> = new Map();
  /** Known to the kernel alone. */
  readonly #locks: Map<Inode, FileLock> = new Map();

  /** An empty one, or with all that is on `original`, durable. */
  constructor(readonly type: FileSystemType, readonly device: number, original?: FileSystem) {
    this.#inodeCount = original === undefined ? 0 : original.#inodeCount;
    this.root = original?.root.copyTo(this) ?? new Directory(this, 0o755);
  }

  get isDisk(): boolean {
    return this.type === "ext4";
  }

  nextInode(): number {
    return ++this.#inodeCount;
  }

  /** What flock(2) takes of a file. */
  lockOf(inode: Inode): FileLock {
    let lock = this.#locks.get(inode);
    if (lock === undefined) this.#locks.set(inode, lock = new FileLock(`lock of ${inode.label}`));
    return lock;
  }

  contentChanges(inode: Inode, before: Content): void {
    if (!this.isDisk || this.#dirtyContents.has(inode)) return;
    this.#dirtyContents.set(inode, before);
  }

  entryChanges(directory: Directory, name: string, before: Inode | undefined): void {
    if (!this.isDisk) return;
    let names = this.#dirtyEntries.get(directory);
    if (names === undefined) this.#dirtyEntries.set(directory, names = new Map());
    if (!names.has(name)) names.set(name, before);
  }

  /** Everything is on the disk now (man 2 syncfs). */
  sync(): void {
    this.#dirtyContents.clear();
    this.#dirtyEntries.clear();
  }

  /** The data of one file is on the disk now, its name need not be (man 2 fsync). */
  syncFile(inode: Inode): void {
    this.#dirtyContents.delete(inode);
    if (inode instanceof Directory) this.#dirtyEntries.delete(inode);
  }

  /**
   * The machine lost its power: each change that was not synced is on the disk, or is not, and of a
   * file's data perhaps the first part.
   */
  losePower(random: Prng): void {
    for (const [inode, durable] of this.#dirtyContents) {
      switch (random.below(3)) {
        case 0:
          inode.restoreContent(durable);
          break;
        case 1:
          inode.restoreContent(torn(inode.content, random));
          break;
        default: // Written back just in time.
      }
    }
    for (const [directory, names] of this.#dirtyEntries) {
      for (const [name, before] of names) {
        if (random.chance(0.5)) continue;
        if (before === undefined) directory.entries.delete(name);
        else directory.entries.set(name, before);
      }
    }
    this.sync();
    this.#locks.clear();
  }
}

function torn(content: Content, random: Prng): Content {
  const size = sizeOf(content);
  return size === 0 ? content : toBytes(content).slice(0, random.below(size));
}
