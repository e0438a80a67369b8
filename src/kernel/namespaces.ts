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

/** What went through a network interface since it was made (man 5 proc, /proc/PID/net/dev). */
export interface InterfaceUsage {
  /** "eth0". */
  readonly name: string;
  /** What came. */
  readonly receivedBytes: number;
  /** Of what came, packets that were broken or could not be taken. */
  readonly receiveErrors: number;
  /** What went. */
  readonly sentBytes: number;
  /** Of what was to go, packets that could not. */
  readonly sendErrors: number;
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

  /**
   * The network interfaces of a namespace, in its own order. Linux tells them to whoever is in it, or looks
   * through a process that is: nobody of the daemon ever enters one.
   *
   * @param path where the network namespace is pinned
   * @param process lives in it
   *
   * @throws {KernelError} ESRCH when the process is gone, another has its pid, or it is in another namespace;
   * ENOENT for the path; EINVAL for a table that cannot be read.
   */
  interfaces(path: string, process: ProcessIdentity): Promise<readonly InterfaceUsage[]>;
}
