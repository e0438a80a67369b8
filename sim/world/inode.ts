import type { FileKind, Watched } from "../../src/kernel/files.ts";
import { type Access, footprints } from "../footprint.ts";
import type { Content } from "./content.ts";
import type { FileSystem } from "./file_system.ts";
import type { Listener } from "./listener.ts";
import type { Namespace } from "./namespaces.ts";
import { Pipe } from "./pipe.ts";
import type { Watch } from "./watch.ts";

/** A file, whatever names it has. */
export class Inode {
  readonly number: number;
  mode: number;
  uid = 0;
  gid = 0;
  modifiedMicros = 0;
  /** Directory entries that lead here. */
  linkCount = 0;
  /** Of a symlink. */
  readonly target: string;
  /** Of a fifo. */
  readonly pipe: Pipe | undefined;
  /** Of a socket that somebody has bound and listens on. */
  listener: Listener | undefined;
  /** Of a device, "major:minor"; 0:0 as a character device is an overlay whiteout. */
  device = "";
  /** Of a file of nsfs: the namespace that it pins. */
  namespace: Namespace | undefined;
  /** Computed when it is read: the files of proc. */
  generate: (() => Content) | undefined;
  /** Where it is not its number: for footprints. */
  readonly #name: number | undefined;
  #content: Content = "";

  constructor(
    readonly fileSystem: FileSystem,
    readonly kind: FileKind,
    mode: number,
    target = "",
    number: number = fileSystem.nextInode(),
  ) {
    this.number = number;
    if (footprints.areNamesLasting) this.#name = footprints.newName();
    this.mode = mode;
    this.target = target;
    this.pipe = kind === "fifo" ? new Pipe() : undefined;
  }

  get content(): Content {
    this.touch("read");
    return this.generate === undefined ? this.#content : this.generate();
  }

  /** Changes the page cache; durable only after a sync. */
  set content(content: Content) {
    this.touch("write");
    this.fileSystem.contentChanges(this, this.#content);
    this.#content = content;
  }

  /** The same on another file system, with what is below it; a file of several names becomes several. */
  copyTo(fileSystem: FileSystem): Inode {
    const copy = new Inode(fileSystem, this.kind, this.mode, this.target, this.number);
    copy.#content = this.#content;
    copy.device = this.device;
    return copy.withFactsOf(this);
  }

  protected withFactsOf(other: Inode): this {
    this.uid = other.uid;
    this.gid = other.gid;
    this.modifiedMicros = other.modifiedMicros;
    return this;
  }

  /** The present step uses it. */
  touch(access: Access): void {
    footprints.present?.touch(this.label, access);
  }

  /** Which one of the machine it is. */
  get label(): string {
    return `inode ${this.#name ?? `${this.fileSystem.device}:${this.number}`}`;
  }

  /** Puts back what the disk has, after a crash of the machine. */
  restoreContent(content: Content): void {
    this.#content = content;
  }
}

/** A directory: names of files. */
export class Directory extends Inode {
  watches: Set<Watch> | undefined;
  readonly entries: Map<string, Inode> = new Map();
  /** In the upper layer of an overlay: hides what the lower ones have (overlayfs.rst, opaque). */
  isOpaque = false;

  constructor(fileSystem: FileSystem, mode: number, number?: number) {
    super(fileSystem, "directory", mode, "", number);
  }

  override copyTo(fileSystem: FileSystem): Directory {
    const copy = new Directory(fileSystem, this.mode, this.number);
    for (const [name, inode] of this.entries) {
      const made = inode.copyTo(fileSystem);
      made.linkCount = 1;
      copy.entries.set(name, made);
    }
    return copy.withFactsOf(this);
  }

  /** Where files made here live. */
  get home(): FileSystem {
    return this.fileSystem;
  }

  lookup(name: string): Inode | undefined {
    this.#touchEntry(name, "read");
    return this.entries.get(name);
  }

  names(): string[] {
    footprints.present?.touch(`names in ${this.label}`, "read");
    const names = [...this.entries.keys()];
    return names.length > 1 ? names.sort() : names;
  }

  get isEmpty(): boolean {
    footprints.present?.touch(`names in ${this.label}`, "read");
    return this.entries.size === 0;
  }

  /** Gives `inode` a name here, in place of what had it. */
  link(name: string, inode: Inode): void {
    this.#touchEntry(name, "write");
    const before = this.entries.get(name);
    this.fileSystem.entryChanges(this, name, before);
    if (before !== undefined) before.linkCount--;
    inode.linkCount++;
    this.entries.set(name, inode);
  }

  unlink(name: string): void {
    this.#touchEntry(name, "write");
    const before = this.entries.get(name);
    if (before === undefined) return;
    this.fileSystem.entryChanges(this, name, before);
    before.linkCount--;
    this.entries.delete(name);
  }

  /** Tells who watches for it that something happened to `name`; an arrival is a change as well. */
  notify(name: string, what: Watched = "changes"): void {
    footprints.present?.touch(`watches of ${this.label}`, "read");
    for (const watch of this.watches ?? []) {
      if (what === "arrivals" || watch.watched === "changes") watch.push(name);
    }
  }

  /** Whoever adds or takes away the set of watches. */
  touchWatches(): void {
    footprints.present?.touch(`watches of ${this.label}`, "write");
  }

  /** Each name is a thing of its own, and all of them are the list. */
  #touchEntry(name: string, access: "read" | "write"): void {
    const { present } = footprints;
    present?.touch(`${this.label}/${name}`, access);
    if (access === "write") present?.touch(`names in ${this.label}`, "add");
  }
}
