import type { FileSystem } from "./file_system.ts";
import { Directory, Inode } from "./inode.ts";

/**
 * A directory of an overlay: the upper one, if there is one, over the lower ones (Linux,
 * Documentation/filesystems/overlayfs.rst). Files are those of the layers themselves; writing puts
 * them into the upper layer.
 */
export class OverlayDirectory extends Directory {
  #upper: Directory | undefined;
  readonly #lowers: readonly Directory[];
  readonly #parent: { readonly directory: OverlayDirectory; readonly name: string } | undefined;
  readonly #children: Map<string, OverlayDirectory> = new Map();

  constructor(
    fileSystem: FileSystem,
    layers: { readonly upper: Directory | undefined; readonly lowers: readonly Directory[] },
    parent?: { readonly directory: OverlayDirectory; readonly name: string },
  ) {
    super(fileSystem, (layers.upper ?? layers.lowers[0])?.mode ?? 0o755);
    this.#upper = layers.upper;
    this.#lowers = layers.lowers;
    this.#parent = parent;
  }

  override get home(): FileSystem {
    return this.copyUp().fileSystem;
  }

  override lookup(name: string): Inode | undefined {
    const upper = this.#upper?.lookup(name);
    if (upper !== undefined && isWhiteout(upper)) return undefined;
    if (upper !== undefined && !(upper instanceof Directory)) return upper;
    const lowers: Directory[] = [];
    for (const layer of upper?.isOpaque ? [] : this.#lowers) {
      const lower = layer.lookup(name);
      if (lower === undefined) continue;
      if (isWhiteout(lower)) break;
      if (lower instanceof Directory) lowers.push(lower);
      else if (upper === undefined && lowers.length === 0) return lower;
      else break;
    }
    if (upper === undefined && lowers.length === 0) return undefined;
    return this.#child(name, upper, lowers);
  }

  override names(): string[] {
    const names = new Set<string>();
    for (const layer of [...this.#lowers, this.#upper]) {
      for (const name of layer?.names() ?? []) names.add(name);
    }
    return [...names].filter((name) => this.lookup(name) !== undefined).sort();
  }

  override get isEmpty(): boolean {
    return this.names().length === 0;
  }

  override link(name: string, inode: Inode): void {
    // A directory made or moved here hides one of the same name below.
    const made = inode instanceof OverlayDirectory ? inode.copyUp() : inode;
    if (made instanceof Directory) made.isOpaque = true;
    this.#children.delete(name);
    this.copyUp().link(name, made);
  }

  override unlink(name: string): void {
    const upper = this.copyUp();
    this.#children.delete(name);
    upper.unlink(name);
    if (this.#lowers.some((layer) => layer.lookup(name) !== undefined)) {
      const whiteout = new Inode(upper.fileSystem, "device", 0);
      whiteout.device = "0:0";
      upper.link(name, whiteout);
    }
  }

  /** This directory in the upper layer, made if it is not there. */
  copyUp(): Directory {
    if (this.#upper !== undefined) return this.#upper;
    const parent = this.#parent;
    if (parent === undefined) throw new Error("Cannot write to an overlay without an upper layer");
    const into = parent.directory.copyUp();
    const made = new Directory(into.fileSystem, this.mode);
    into.link(parent.name, made);
    return this.#upper = made;
  }

  #child(name: string, upper: Directory | undefined, lowers: readonly Directory[]): Inode {
    const known = this.#children.get(name);
    if (known !== undefined && (upper === undefined || known.#upper === upper)) return known;
    const child = new OverlayDirectory(this.fileSystem, { upper, lowers }, {
      directory: this,
      name,
    });
    this.#children.set(name, child);
    return child;
  }
}

function isWhiteout(inode: Inode): boolean {
  return inode.kind === "device" && inode.device === "0:0";
}
