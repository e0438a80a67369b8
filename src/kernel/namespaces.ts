import type { ProcessIdentity } from "./processes.ts";

/** The namespaces that a sandbox pins (man 7 namespaces). */
export type NamespaceKind = "net" | "ipc" | "uts" | "pid";

/** A pod's namespaces to create, each pinned at a path of its own. */
export interface NamespacePins {
  /** Absolute path of the new network namespace's pin; undefined: none is made. */
  readonly net?: string;
  /** Absolute path of the new IPC namespace's pin; undefined: none is made. */
  readonly ipc?: string;
  /**
   * Absolute path of the new UTS namespace's pin; undefined: none is made, and no hostname is set.
   */
  readonly uts?: string;
}

/**
 * Namespaces that live without a process: bound to a path through nsfs. Joining by such a path can
 * never hit another process's namespace, as joining by /proc/PID/ns can when a pid is recycled.
 */
export interface Namespaces {
  /**
   * Creates new namespaces and binds each to its path, a file that is made when it is missing. Not
   * atomic: after an error some may be pinned. `hostname` is set in the new uts namespace.
   *
   * @param sysctls what is set in those of the new namespaces that it belongs to, by its path below /proc/sys
   *
   * @throws {KernelError} ENOENT for the folder; ENOSPC when there are too many; EEXIST when a path is
   * already a pin; any errno for a parameter that is not there, or a value that it does not take, with the
   * parameter's path from /proc/sys on as the subject.
   */
  pin(
    pins: NamespacePins,
    hostname: string,
    sysctls?: Readonly<Record<string, string>>,
  ): Promise<void>;

  /**
   * Binds a namespace of a living process to a path.
   *
   * @throws {KernelError} ESRCH when the process is gone or another has its pid.
   */
  pinOf(process: ProcessIdentity, kind: NamespaceKind, path: string): Promise<void>;

  /** Unbinds and removes the path; absent is fine. The namespace ends with its last user. */
  unpin(path: string): Promise<void>;

  /** Whether a namespace is bound to the path. */
  isPinned(path: string): Promise<boolean>;
}
