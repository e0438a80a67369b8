import type { Context } from "../../src/kernel/context.ts";
import { KernelError } from "../../src/kernel/errno.ts";
import type {
  DirectoryWatch,
  DiskUsage,
  FifoReader,
  Files,
  FileStat,
  Watched,
} from "../../src/kernel/files.ts";
import type { PacketSocket } from "../../src/kernel/streams.ts";
import { AGAIN } from "../step.ts";
import { sizeOf, toBytes } from "../world/content.ts";
import { refuse } from "../world/errors.ts";
import { Directory, Inode } from "../world/inode.ts";
import { OpenFile } from "../world/open_file.ts";
import { pathOf, type Place } from "../world/place.ts";
import type { Tree } from "../world/tree.ts";
import { Watch } from "../world/watch.ts";
import type { Life } from "./life.ts";
import { SimPacketSocket } from "./streams.ts";

const BLOCK_BYTES = 4_096;

/** The port's files, as one life of the daemon sees them. */
export class SimFiles implements Files {
  readonly #life: Life;
  #temporaryCount = 0;

  constructor(life: Life) {
    this.#life = life;
  }

  get #tree(): Tree {
    return this.#life.machine.tree;
  }

  readFile(path: string, bytesMax: number): Promise<Uint8Array> {
    return this.#life.call("files.readFile", path, () => {
      const found = this.#tree.seek("readFile", path);
      if (found instanceof KernelError) return found;
      const { inode } = found;
      if (inode.kind === "directory") refuse("readFile", "EISDIR", path);
      const bytes = toBytes(inode.content);
      return bytes.length > bytesMax ? refuse("readFile", "EFBIG", path) : bytes;
    });
  }

  /**
   * Two steps: a temporary file beside it, then its name. A crash between leaves the former, an error
   * does not.
   */
  writeFile(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
    const temporary = `${path}.tmp${++this.#temporaryCount}`;
    let isWritten = false;
    return this.#life.call<void>("files.writeFile", path, (step) => {
      if (isWritten) return this.#tree.rename("writeFile", temporary, path);
      const at = this.#tree.parentOf("writeFile", path);
      if (at.parent.inode.lookup(at.name) instanceof Directory) refuse("writeFile", "EISDIR", path);
      this.#tree.write("writeFile", temporary, content, mode);
      isWritten = true;
      const undo = (): void => this.#discard(temporary);
      step.undo = undo;
      return AGAIN;
    });
  }

  mkdir(path: string, mode = 0o755): Promise<void> {
    return this.#life.call("files.mkdir", path, () => this.#tree.mkdirs("mkdir", path, mode));
  }

  /** One after the other, and a tree in two steps, so that others can see, and crashes can leave, a part. */
  remove(...paths: readonly string[]): Promise<void> {
    const left = [...paths];
    let isHalfDone = false;
    return this.#life.call<void>("files.remove", paths.length === 1 ? paths[0] : paths, () => {
      const path = left[0];
      if (path === undefined) return undefined;
      isHalfDone = this.#removeSome(path, !isHalfDone);
      if (!isHalfDone) left.shift();
      return left.length > 0 ? AGAIN : undefined;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#life.call(
      "files.rename",
      [from, to],
      () => this.#tree.rename("rename", from, to),
    );
  }

  symlink(target: string, path: string): Promise<void> {
    return this.#life.call(
      "files.symlink",
      [target, path],
      () => this.#tree.symlink("symlink", target, path),
    );
  }

  stat(path: string): Promise<FileStat | undefined> {
    return this.#life.call("files.stat", path, () => {
      const place = this.#tree.find(path, { follow: false });
      return place === undefined ? undefined : this.#tree.stat(place);
    });
  }

  list(path: string): Promise<readonly string[]> {
    return this.#life.call("files.list", path, () => this.#directory("list", path).names());
  }

  resolveInRoot(root: string, path: string): Promise<string> {
    return this.#life.call("files.resolveInRoot", [root, path], () => {
      const top = this.#tree.resolve("resolveInRoot", root);
      if (!(top.inode instanceof Directory)) refuse("resolveInRoot", "ENOTDIR", root);
      const absolute = path.startsWith("/") ? path : `/${path}`;
      const found = this.#tree.seek("resolveInRoot", absolute, { root: top });
      return found instanceof KernelError ? found : pathOf(found);
    });
  }

  usage(path: string): Promise<DiskUsage> {
    return this.#life.call("files.usage", path, () => this.#usageOf(path));
  }

  usageOfEach(
    paths: readonly string[],
    context: Context,
  ): Promise<ReadonlyMap<string, DiskUsage>> {
    return this.#life.call("files.usageOfEach", paths, () => {
      const there = paths.filter((it) =>
        context.cause === undefined && this.#tree.find(it) !== undefined
      );
      return new Map(there.map((it) => [it, this.#usageOf(it)]));
    });
  }

  #usageOf(path: string): DiskUsage {
    const total = { bytes: 0, inodes: 0 };
    const visit = (place: Place): void => {
      total.inodes++;
      if (place.inode.kind === "file") total.bytes += allocated(place.inode);
      if (!(place.inode instanceof Directory)) return;
      total.bytes += BLOCK_BYTES;
      for (const name of place.inode.names()) {
        const inode = place.inode.lookup(name);
        if (inode === undefined || place.mount.children.has(inode)) continue;
        visit({ mount: place.mount, inode, parent: place, name });
      }
    };
    visit(this.#tree.resolve("usage", path, { follow: false }));
    return total;
  }

  syncFileSystem(path: string): Promise<void> {
    return this.#life.call("files.syncFileSystem", path, () => {
      const { inode } = this.#tree.resolve("syncFileSystem", path);
      (inode instanceof Directory ? inode.home : inode.fileSystem).sync();
    }, true);
  }

  openFifo(path: string): Promise<FifoReader> {
    return this.#life.call("files.openFifo", path, () => {
      const { inode } = this.#tree.resolve("openFifo", path);
      if (inode.pipe === undefined) return refuse("openFifo", "EINVAL", path);
      const before = inode.pipe.writers > 0 ? -1 : inode.pipe.writerOpens;
      inode.pipe.openReader();
      const file = new OpenFile("reader", inode.pipe, undefined, true, true, before);
      return new SimFifoReader(this.#life, file, path);
    });
  }

  writeFifo(path: string, content: string): Promise<void> {
    return this.#life.call("files.writeFifo", [path, content], () => {
      const { inode } = this.#tree.resolve("writeFifo", path);
      const bytes = toBytes(content);
      if (inode.pipe === undefined) return refuse("writeFifo", "EINVAL", path);
      if (inode.pipe.readers === 0) return refuse("writeFifo", "ENXIO", path);
      if (inode.pipe.freeBytes < bytes.length) return refuse("writeFifo", "EAGAIN", path);
      inode.pipe.openWriter();
      inode.pipe.write(bytes);
      return inode.pipe.closeWriter();
    });
  }

  connect(path: string): Promise<PacketSocket> {
    return this.#life.call<PacketSocket>("files.connect", path, () => {
      const { inode } = this.#tree.resolve("connect", path);
      const { listener } = inode;
      if (listener === undefined || listener.isClosed) {
        return refuse("connect", "ECONNREFUSED", path);
      }
      return new SimPacketSocket(this.#life, path, listener.connect());
    });
  }

  watch(directory: string, watched: Watched): Promise<DirectoryWatch> {
    return this.#life.call("files.watch", directory, () => {
      const inode = this.#directory("watch", directory);
      const watch = new Watch(inode, watched, this.#life.machine.watchFaults);
      return new SimDirectoryWatch(this.#life, watch, directory);
    });
  }

  #directory(verb: string, path: string): Directory {
    const { inode } = this.#tree.resolve(verb, path);
    return inode instanceof Directory ? inode : refuse(verb, "ENOTDIR", path);
  }

  /** What is at a path; undefined also when what leads there is missing. */
  #placeOf(path: string): Place | undefined {
    return this.#tree.find(path, { follow: false });
  }

  /** Removes a temporary file, if it is there and can be removed. */
  #discard(path: string): void {
    const place = this.#placeOf(path);
    if (place === undefined || place.mount.isReadonly) return;
    this.#tree.unlink("writeFile", this.#tree.parentOf("writeFile", path));
  }

  /** Removes what is at a path, or half of a tree if `mayBeHalf`; returns whether it was half. */
  #removeSome(path: string, mayBeHalf: boolean): boolean {
    const place = this.#placeOf(path);
    if (place === undefined) return false;
    if (place.mount.root === place.inode) return refuse("remove", "EBUSY", path);
    const names = place.inode instanceof Directory ? place.inode.names() : [];
    const isHalf = mayBeHalf && names.length > 1;
    this.#removeBelow(place, isHalf ? names.slice(0, names.length >> 1) : names);
    if (!isHalf) this.#tree.unlink("remove", this.#tree.parentOf("remove", path));
    return isHalf;
  }

  #removeBelow(place: Place, names: readonly string[]): void {
    const directory = place.inode as Directory;
    for (const name of names) {
      const inode = directory.lookup(name);
      if (inode === undefined) continue;
      const child = { mount: place.mount, inode, parent: place, name };
      if (place.mount.children.has(inode)) refuse("remove", "EBUSY", pathOf(child));
      if (inode instanceof Directory) this.#removeBelow(child, inode.names());
      this.#tree.unlink("remove", { parent: { ...place, inode: directory }, name });
    }
  }
}

class SimFifoReader implements FifoReader {
  readonly #life: Life;
  readonly #file: OpenFile;
  readonly #path: string;
  #isOpen = true;

  constructor(life: Life, file: OpenFile, path: string) {
    this.#life = life;
    this.#file = file;
    this.#path = path;
    life.hold(this, `fifo ${path}`);
  }

  read(context: Context): Promise<Uint8Array> {
    const file = this.#file;
    return this.#life.waitCall(
      "fifo.read",
      this.#path,
      context,
      file.pipe?.changed ?? [],
      () => file.isReadable,
      () => file.pipe?.read(Number.MAX_SAFE_INTEGER) ?? new Uint8Array(0),
    );
  }

  tryRead(): Promise<Uint8Array> {
    return this.#life.call(
      "fifo.tryRead",
      this.#path,
      () => this.#file.pipe?.read(Number.MAX_SAFE_INTEGER) ?? new Uint8Array(0),
    );
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#life.forget(this);
    this.#file.close();
  }
}

class SimDirectoryWatch implements DirectoryWatch {
  readonly #life: Life;
  readonly #watch: Watch;
  readonly #path: string;

  constructor(life: Life, watch: Watch, path: string) {
    this.#life = life;
    this.#watch = watch;
    this.#path = path;
    life.hold(this, `watch ${path}`);
  }

  next(context: Context): Promise<readonly string[]> {
    const watch = this.#watch;
    return this.#life.waitCall(
      "watch.next",
      this.#path,
      context,
      watch.changed,
      () => watch.isReady,
      () => watch.take(),
    );
  }

  [Symbol.dispose](): void {
    this.#watch.close();
    this.#life.forget(this);
  }
}

function allocated(inode: Inode): number {
  return Math.ceil(sizeOf(inode.content) / BLOCK_BYTES) * BLOCK_BYTES;
}
