/** What is mounted and how (man 2 mount). */
export interface MountOptions {
  /** File system type; "bind" for a bind mount. */
  readonly type: string;
  /** As mount(8) spells them: "ro", "nosuid", "size=64m", "lowerdir=…". */
  readonly options: readonly string[];
}

/**
 * Whether what is mounted later below a mount appears elsewhere, and what is mounted elsewhere there (man 7
 * mount_namespaces): both, the latter alone, or neither.
 */
export type MountSharing = "shared" | "slave" | "private";

/** Mounts, in the daemon's mount namespace. */
export interface Mounts {
  /**
   * Mounts `source` on the existing `target`. Not idempotent: a second mount covers the first.
   *
   * @throws {KernelError} ENOENT; EINVAL for options; EBUSY; ENOSPC; EPERM.
   */
  mount(source: string, target: string, options: MountOptions): Promise<void>;

  /**
   * Takes away the topmost mount on `target`, lazily (MNT_DETACH): open files stay open. Follows no
   * symlink.
   *
   * @throws {KernelError} EINVAL when it is no mount point; ENOENT.
   */
  unmount(target: string): Promise<void>;

  /**
   * The mount points at and below paths, one path after the other, topmost last, one entry a mount (man 5 proc,
   * mountinfo). Where a path leads nowhere there are none.
   */
  list(...paths: readonly string[]): Promise<readonly string[]>;

  /**
   * How the mount that `path` is in shares what is mounted below it. `path` has no symlink in it.
   *
   * @throws {KernelError} ENOENT.
   */
  sharing(path: string): Promise<MountSharing>;
}
