import type { FileSystem } from "./file_system.ts";
import type { Inode } from "./inode.ts";

/** One entry of the mount table (man 5 proc, mountinfo). */
export interface MountPoint {
  readonly id: number;
  /** The mount that it is mounted in, and which of its files it covers. */
  readonly parent: MountPoint | undefined;
  readonly covers: Inode | undefined;
  /** Where it was mounted, as an absolute path without symlinks. */
  readonly target: string;
  readonly source: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly fileSystem: FileSystem;
  readonly root: Inode;
  readonly isReadonly: boolean;
  /** Nothing leads there any more. */
  isDetached: boolean;
  /** By the file that each covers. */
  readonly children: Map<Inode, MountPoint>;
}
