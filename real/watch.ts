import type { Context } from "../src/kernel/context.ts";
import { KernelError } from "../src/kernel/errno.ts";
import type { DirectoryWatch, Watched } from "../src/kernel/files.ts";
import { textOf } from "../src/utf8.ts";
import { check, closeFd, cString, libc, readNow } from "./libc.ts";
import type { Poller } from "./poller.ts";

const IN_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const IN_MODIFY = 0x2;
const IN_ATTRIB = 0x4;
const IN_CLOSE_WRITE = 0x8;
const IN_MOVED_FROM = 0x40;
const IN_MOVED_TO = 0x80;
const IN_CREATE = 0x100;
const IN_DELETE = 0x200;
const IN_DELETE_SELF = 0x400;
const IN_MOVE_SELF = 0x800;
const IN_ONLYDIR = 0x1000000;
const ARRIVALS = IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
const MASKS: Readonly<Record<Watched, number>> = {
  arrivals: ARRIVALS,
  changes: ARRIVALS | IN_MOVED_FROM | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE |
    IN_DELETE,
};
const HEADER_BYTES = 16;

/** Starts watching a directory. @throws {KernelError} ENOENT, ENOTDIR. */
export function watchDirectory(
  directory: string,
  watched: Watched,
  poller: Poller,
): DirectoryWatch {
  const fd = check("watch", directory, libc().inotify_init1(IN_CLOEXEC_NONBLOCK));
  try {
    const result = libc().inotify_add_watch(fd, cString(directory), MASKS[watched]);
    check("watch", directory, result);
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  return new Watch(directory, fd, poller);
}

/**
 * The names in a read of inotify, each once, sorted; none when one of the events had no name: the
 * queue overflowed, or something happened to the directory itself.
 */
export function parseEvents(bytes: Uint8Array): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new Set<string>();
  for (let offset = 0; offset < bytes.length;) {
    const nameBytes = view.getUint32(offset + 12, true);
    const start = offset + HEADER_BYTES;
    // Padded with NULs to a multiple of the header's size (man 7 inotify).
    names.add(textOf(bytes.subarray(start, start + nameBytes)).split("\0")[0]!);
    offset = start + nameBytes;
  }
  return names.has("") ? [] : [...names].sort();
}

class Watch implements DirectoryWatch {
  readonly #directory: string;
  readonly #fd: number;
  readonly #poller: Poller;
  #isClosed = false;

  constructor(directory: string, fd: number, poller: Poller) {
    this.#directory = directory;
    this.#fd = fd;
    this.#poller = poller;
  }

  async next(context: Context): Promise<readonly string[]> {
    while (true) {
      context.throwIfCancelled();
      if (this.#isClosed) throw new KernelError("watch", "EBADF", this.#directory);
      const bytes = readNow("watch", this.#directory, this.#fd);
      if (bytes.length > 0) return parseEvents(bytes);
      await this.#poller.readable(this.#fd, context);
    }
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#poller.forget(this.#fd);
    closeFd(this.#fd);
  }
}
