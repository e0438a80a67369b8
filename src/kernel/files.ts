import type { Context } from "./context.ts";
import type { PacketSocket } from "./streams.ts";

/** What a path leads to (man 7 inode, S_IFMT); "device" for character and block devices alike. */
export type FileKind = "file" | "directory" | "symlink" | "fifo" | "socket" | "device";

/** Which device a node stands for (man 3 makedev). */
export interface DeviceId {
  /** Block or character (man 7 inode, S_IFBLK and S_IFCHR). */
  readonly type: "b" | "c";
  /** Its driver's number. */
  readonly major: number;
  /** Which one it is among the driver's. */
  readonly minor: number;
}

/** What the kernel knows of a file without opening it (man 2 stat). */
export interface FileStat {
  /** Of the file itself: a symlink is not followed. */
  readonly kind: FileKind;
  /**
   * The length of a file's content; of a symlink its target's; 0 or meaningless for other kinds.
   */
  readonly sizeBytes: number;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  /** Owner, in the daemon's user namespace. */
  readonly uid: number;
  /** Owning group, in the daemon's user namespace. */
  readonly gid: number;
  /**
   * Number of the file system it is on: two paths with one `device` are in one file system, and
   * with one `inode` as well they are one file.
   */
  readonly device: number;
  /** Unique within `device`, and given to another file once this one is gone. */
  readonly inode: number;
  /** When its content last changed, in microseconds since 1970 by CLOCK_REALTIME. */
  readonly modifiedMicros: number;
  /** Of a device node: which device it stands for; undefined for all else. */
  readonly node: DeviceId | undefined;
}

/** What a tree takes of its disk. */
export interface DiskUsage {
  /** Allocated, as du(1) counts: sparse files count for less than their length. */
  readonly bytes: number;
  /** Files and directories of every kind. */
  readonly inodes: number;
}

/** The reading end of a fifo, opened without blocking. */
export interface FifoReader extends Disposable {
  /**
   * Resolves with the bytes that are there as soon as there are any, or with none once a writer had it
   * open and the last one closed it.
   *
   * @throws {RuntimeError} the context's cause.
   */
  read(context: Context): Promise<Uint8Array>;

  /** The bytes that are there now, possibly none. */
  tryRead(): Promise<Uint8Array>;

  /** Closes our end: without another reader, whoever writes gets EPIPE. */
  [Symbol.dispose](): void;
}

/**
 * What of a directory is watched: everything that may have changed in it, or only what is renamed to a name
 * in it, which is how a file comes that is whole from the first moment (man 7 inotify, IN_MOVED_TO).
 */
export type Watched = "changes" | "arrivals";

/** Changes in one directory (man 7 inotify). */
export interface DirectoryWatch extends Disposable {
  /**
   * Resolves with names in which something may have changed since the last call. A name can come
   * late, twice or not at all (queue overflow): a watch wakes, it never informs. An empty list means
   * "look at everything".
   *
   * @throws {RuntimeError} the context's cause.
   */
  next(context: Context): Promise<readonly string[]>;

  /** Stops watching. */
  [Symbol.dispose](): void;
}

/**
 * Files. Paths are absolute and are followed as Linux does unless a verb says otherwise. After a crash
 * of the daemon everything that was written is there; after a crash of the machine only what was
 * synced.
 */
export interface Files {
  /**
   * The whole content.
   *
   * @throws {KernelError} ENOENT; EISDIR; EFBIG when it is larger than `bytesMax`.
   */
  readFile(path: string, bytesMax: number): Promise<Uint8Array>;

  /**
   * Puts a file in place whole: readers see the old content or the new, never a part. Owner root, mode
   * 0600 unless given. Not synced.
   *
   * @throws {KernelError} ENOENT for the folder; ENOSPC, EROFS, EIO, EMFILE; nothing has changed then.
   */
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;

  /** Creates a directory and its missing parents; an existing one is left as it is. */
  mkdir(path: string, mode?: number): Promise<void>;

  /**
   * Removes files and trees; absent is fine. Follows no symlink. Fails, with part of it all gone, at the
   * first thing that cannot be removed.
   *
   * @throws {KernelError} EBUSY at a mount point; EACCES, EIO.
   */
  remove(...paths: readonly string[]): Promise<void>;

  /**
   * Atomic; replaces a file at `to`.
   *
   * @throws {KernelError} ENOENT; EINVAL for a directory that would come below itself; EXDEV.
   */
  rename(from: string, to: string): Promise<void>;

  /**
   * Makes a symlink at `path` that holds `target` as it is, whether there is such a thing or not.
   *
   * @throws {KernelError} EEXIST.
   */
  symlink(target: string, path: string): Promise<void>;

  /**
   * What is at `path`, not following a last symlink (man 2 lstat); undefined when nothing is, or
   * nothing leads there.
   */
  stat(path: string): Promise<FileStat | undefined>;

  /**
   * The names in a directory, sorted.
   *
   * @throws {KernelError} ENOENT, ENOTDIR.
   */
  list(path: string): Promise<readonly string[]>;

  /**
   * Where `path` leads when `root` is taken for `/`: symlinks and `..` cannot leave it (man 2 openat2,
   * RESOLVE_IN_ROOT). True only as long as nobody changes the tree.
   *
   * @throws {KernelError} ENOENT, ENOTDIR, ELOOP.
   */
  resolveInRoot(root: string, path: string): Promise<string>;

  /** Disk usage of a tree, allocated bytes and inodes, not crossing into mounts. */
  usage(path: string): Promise<DiskUsage>;

  /**
   * The same of several trees that share no file, one after the other, by path. One that is not there is left
   * out, and so is whatever was not counted when the context ended: trees may have millions of files.
   *
   * @throws {KernelError} EAGAIN, EMFILE and the like when nothing could be counted.
   */
  usageOfEach(
    paths: readonly string[],
    context: Context,
  ): Promise<ReadonlyMap<string, DiskUsage>>;

  /** Makes the whole file system under `path` durable (man 2 syncfs). */
  syncFileSystem(path: string): Promise<void>;

  /**
   * Opens a fifo for reading, not waiting for a writer.
   *
   * @throws {KernelError} ENOENT; EINVAL for no fifo.
   */
  openFifo(path: string): Promise<FifoReader>;

  /**
   * Writes to a fifo, not waiting for a reader: up to 4096 bytes whole or not at all (man 7 pipe,
   * PIPE_BUF).
   *
   * @throws {KernelError} ENOENT; EINVAL for a file that is no fifo; ENXIO when nobody reads; EAGAIN when it is full.
   */
  writeFifo(path: string, content: string): Promise<void>;

  /**
   * Connects to a unix socket of type SOCK_SEQPACKET, however long its path is.
   *
   * @throws {KernelError} ENOENT; ECONNREFUSED when nobody listens any more; EPROTOTYPE for another type.
   */
  connect(path: string): Promise<PacketSocket>;

  /**
   * Starts watching a directory; what changes after the reply is reported.
   *
   * @throws {KernelError} ENOENT.
   */
  watch(directory: string, watched: Watched): Promise<DirectoryWatch>;
}
